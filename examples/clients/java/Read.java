import com.azure.core.exception.AzureException;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.SecretClientBuilder;

/**
 * Prints the value of a secret.
 *
 * <pre>
 * KEY_VAULT_URL  the app's API, such as https://rotunda.contoso.com/api, or a vault's URL
 * AZURE_*        who signs in, as DefaultAzureCredential reads it
 *
 * mvn dependency:copy-dependencies -DoutputDirectory=target/lib
 * java -cp 'target/lib/*' Read.java payments-db
 * </pre>
 */
public final class Read {
    public static void main(String[] args) {
        if (args.length != 1) {
            System.err.println("usage: java -cp 'target/lib/*' Read.java SECRET");
            System.exit(2);
        }
        try {
            SecretClient client = new SecretClientBuilder()
                .vaultUrl(System.getenv("KEY_VAULT_URL"))
                .credential(new DefaultAzureCredentialBuilder().build())
                .buildClient();
            System.out.println(client.getSecret(args[0]).getValue());
        } catch (AzureException error) {
            System.err.println("read: " + error.getMessage());
            System.exit(1);
        }
    }
}
