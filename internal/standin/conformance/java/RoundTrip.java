import com.azure.core.credential.TokenCredential;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.rest.PagedIterable;
import com.azure.core.util.polling.SyncPoller;
import com.azure.identity.EnvironmentCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.SecretClientBuilder;
import com.azure.security.keyvault.secrets.models.DeletedSecret;
import com.azure.security.keyvault.secrets.models.KeyVaultSecret;
import com.azure.security.keyvault.secrets.models.SecretProperties;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A round trip of all operations of Microsoft's Java client, with its default options, as the service principal of the
 * environment and as the managed identity. TARGETS lists where, as URL=VAULT: what the client is given, and the vault
 * that the ids name. Prints a line per operation, and throws at the first response that is not as expected.
 */
public final class RoundTrip {
    private static final String VALUE = "canary-grün ✓ \"quoted\" \\ 😀";

    private final SecretClient client;
    private final String vault;
    private final String name = "java-" + UUID.randomUUID();
    private String first;
    private byte[] backup;

    private RoundTrip(SecretClient client, String vault) {
        this.client = client;
        this.vault = vault;
    }

    public static void main(String[] args) throws Exception {
        trust(Path.of(System.getenv("SSL_CERT_FILE")), Path.of(System.getenv("TRUST_STORE")));
        Map<String, TokenCredential> credentials = new LinkedHashMap<>();
        credentials.put("EnvironmentCredential", new EnvironmentCredentialBuilder().build());
        credentials.put("ManagedIdentityCredential", new ManagedIdentityCredentialBuilder().build());
        for (String target : System.getenv("TARGETS").split(" ")) {
            String url = target.split("=")[0];
            String vault = target.split("=")[1];
            credentials.forEach((signedIn, credential) -> {
                SecretClientBuilder builder = new SecretClientBuilder().vaultUrl(url).credential(credential);
                if (url.contains(".azurewebsites.net")) {
                    builder.disableChallengeResourceVerification();
                }
                Map<String, Runnable> operations = new RoundTrip(builder.buildClient(), vault).operations();
                check(operations.keySet().equals(theirs()), "the client has other operations than are tried here: " + theirs());
                operations.forEach((operation, run) -> {
                    run.run();
                    System.out.println("PASS " + url + " " + signedIn + " " + operation);
                });
            });
        }
        System.exit(0); // the client's threads would keep the process alive for a while
    }

    /** Makes the platform trust a certificate. Java reads no PEM file, but a key store. */
    private static void trust(Path certificate, Path file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, "changeit".toCharArray());
        }
        System.setProperty("javax.net.ssl.trustStore", file.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
    }

    /** Returns the names of the client's operations. Those with a response are the same ones. */
    private static Set<String> theirs() {
        return Arrays.stream(SecretClient.class.getDeclaredMethods())
            .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
            .map(Method::getName)
            .filter(method -> !method.endsWith("WithResponse") && !method.equals("getVaultUrl"))
            .collect(Collectors.toSet());
    }

    /** Returns each operation, in the order in which they run. */
    private Map<String, Runnable> operations() {
        Map<String, Runnable> all = new LinkedHashMap<>();
        all.put("setSecret", this::setSecret);
        all.put("getSecret", this::getSecret);
        all.put("updateSecretProperties", this::updateSecretProperties);
        all.put("listPropertiesOfSecrets", this::listPropertiesOfSecrets);
        all.put("listPropertiesOfSecretVersions", this::listPropertiesOfSecretVersions);
        all.put("backupSecret", this::backupSecret);
        all.put("beginDeleteSecret", this::beginDeleteSecret);
        all.put("getDeletedSecret", this::getDeletedSecret);
        all.put("listDeletedSecrets", this::listDeletedSecrets);
        all.put("beginRecoverDeletedSecret", this::beginRecoverDeletedSecret);
        all.put("purgeDeletedSecret", this::purgeDeletedSecret);
        all.put("restoreSecretBackup", this::restoreSecretBackup);
        return all;
    }

    private void setSecret() {
        OffsetDateTime expires = OffsetDateTime.parse("2040-01-02T03:04:05Z");
        KeyVaultSecret made = client.setSecret(new KeyVaultSecret(name, VALUE).setProperties(
            new SecretProperties().setContentType("text/plain").setTags(Map.of("team", "a")).setExpiresOn(expires)));
        first = made.getProperties().getVersion();
        equal(made.getValue(), VALUE);
        check(made.getId().startsWith(vault + "/secrets/" + name + "/"), made.getId());
        check(first.matches("[0-9a-f]{32}"), first);
        check(made.getProperties().getExpiresOn().isEqual(expires), "expires " + made.getProperties().getExpiresOn());
        equal(made.getProperties().isEnabled(), true);
    }

    private void getSecret() {
        KeyVaultSecret second = client.setSecret(name, "canary-second");
        KeyVaultSecret latest = client.getSecret(name);
        equal(latest.getValue(), "canary-second");
        equal(latest.getProperties().getVersion(), second.getProperties().getVersion());
        KeyVaultSecret older = client.getSecret(name, first);
        equal(older.getValue(), VALUE);
        equal(older.getProperties().getTags(), Map.of("team", "a"));
        refused(() -> client.getSecret("absent"), 404, "SecretNotFound");
    }

    private void updateSecretProperties() {
        SecretProperties updated = client.updateSecretProperties(
            client.getSecret(name, first).getProperties().setTags(Map.of("team", "b")).setEnabled(false));
        equal(updated.getTags(), Map.of("team", "b"));
        equal(updated.isEnabled(), false);
        equal(updated.getContentType(), "text/plain");
        refused(() -> client.getSecret(name, first), 403, "Forbidden");
        client.updateSecretProperties(updated.setEnabled(true));
    }

    private void listPropertiesOfSecrets() {
        List<String> many = IntStream.range(0, 30).mapToObj(i -> name + "-" + i).collect(Collectors.toList());
        many.forEach(each -> client.setSecret(each, "canary-" + each));
        Set<String> want = new TreeSet<>(many);
        want.add(name);
        PagedIterable<SecretProperties> listed = client.listPropertiesOfSecrets();
        equal(ours(listed.stream().map(SecretProperties::getName)), List.copyOf(want));
        List<List<String>> pages = listed.streamByPage()
            .map(page -> page.getElements().stream().map(SecretProperties::getName).collect(Collectors.toList()))
            .collect(Collectors.toList());
        check(pages.size() > 1 && pages.stream().allMatch(page -> page.size() <= 25), pages.size() + " pages");
        equal(ours(pages.stream().flatMap(List::stream)), List.copyOf(want));
    }

    private void listPropertiesOfSecretVersions() {
        List<String> versions = client.listPropertiesOfSecretVersions(name).stream()
            .map(SecretProperties::getVersion).collect(Collectors.toList());
        check(versions.size() == 2 && versions.contains(first), "versions " + versions);
    }

    private void backupSecret() {
        backup = client.backupSecret(name);
        check(backup.length > 0, "an empty backup");
    }

    private void beginDeleteSecret() {
        DeletedSecret deleted = finished(client.beginDeleteSecret(name));
        equal(deleted.getName(), name);
        check(deleted.getScheduledPurgeDate().isAfter(OffsetDateTime.now()), "purged " + deleted.getScheduledPurgeDate());
        refused(() -> client.getSecret(name), 404, "SecretNotFound");
    }

    private void getDeletedSecret() {
        equal(client.getDeletedSecret(name).getRecoveryId(), vault + "/deletedsecrets/" + name);
    }

    private void listDeletedSecrets() {
        equal(ours(client.listDeletedSecrets().stream().map(DeletedSecret::getName)), List.of(name));
    }

    private void beginRecoverDeletedSecret() {
        equal(finished(client.beginRecoverDeletedSecret(name)).getName(), name);
        equal(client.getSecret(name).getValue(), "canary-second");
    }

    private void purgeDeletedSecret() {
        finished(client.beginDeleteSecret(name));
        client.purgeDeletedSecret(name);
        refused(() -> client.getDeletedSecret(name), 404, "SecretNotFound");
    }

    private void restoreSecretBackup() {
        equal(client.restoreSecretBackup(backup).getName(), name);
        equal(client.getSecret(name, first).getValue(), VALUE);
        equal(client.getSecret(name).getValue(), "canary-second");
    }

    private List<String> ours(Stream<String> names) {
        return names.filter(each -> each.startsWith(name)).sorted().collect(Collectors.toList());
    }

    private static <T> T finished(SyncPoller<T, Void> poller) {
        poller.setPollInterval(Duration.ofMillis(20));
        T last = poller.poll().getValue();
        poller.waitForCompletion();
        return Objects.requireNonNullElse(poller.poll().getValue(), last);
    }

    private static void refused(Runnable call, int status, String code) {
        try {
            call.run();
        } catch (HttpResponseException error) {
            equal(error.getResponse().getStatusCode(), status);
            check(error.getMessage().contains(code), error.getMessage());
            return;
        }
        throw new AssertionError("not refused, want " + status + " " + code);
    }

    private static void equal(Object found, Object want) {
        check(Objects.equals(found, want), "found " + found + ", want " + want);
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new AssertionError(message);
        }
    }
}
