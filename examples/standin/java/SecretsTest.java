import com.azure.core.exception.ResourceNotFoundException;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.SecretClientBuilder;
import java.util.UUID;

/**
 * A test of a program that uses Key Vault, with what JUnit would call as methods. Java reads no variable for
 * certificates, but a key store, and the proxy only with java.net.useSystemProxies.
 *
 * <pre>
 * go run ./local -only vault    # in one shell; it prints the name of a file, vault.env
 * . /tmp/rotunda-…/vault.env    # in another
 * keytool -importcert -noprompt -alias stand-ins -file "$SSL_CERT_FILE" -keystore trust.p12 -storepass changeit
 * java -Djava.net.useSystemProxies=true -Djavax.net.ssl.trustStore=trust.p12 -Djavax.net.ssl.trustStorePassword=changeit \
 *   -cp 'target/lib/*' SecretsTest.java
 * </pre>
 */
public final class SecretsTest {
    /** Returns a client for a vault that no other test uses: each name is a vault, empty at first. */
    private static SecretClient newVault() {
        return new SecretClientBuilder()
            .vaultUrl("https://t" + UUID.randomUUID().toString().replace("-", "").substring(0, 20) + ".vault.azure.net")
            .credential(new DefaultAzureCredentialBuilder().build())
            .buildClient();
    }

    static void theLatestVersionIsRead() {
        SecretClient client = newVault();
        client.setSecret("db", "first");
        client.setSecret("db", "second");
        check("second".equals(client.getSecret("db").getValue()), "the latest version was not read");
    }

    static void aSecretThatIsNotThere() {
        try {
            newVault().getSecret("db");
        } catch (ResourceNotFoundException expected) {
            return;
        }
        check(false, "the secret was there");
    }

    public static void main(String[] args) {
        theLatestVersionIsRead();
        aSecretThatIsNotThere();
        System.out.println("2 tests passed");
        System.exit(0); // the client's threads would keep the process alive for a while
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new AssertionError(message);
        }
    }
}
