// Prints the value of a secret.
//
//   KEY_VAULT_URL  the app's API, such as https://rotunda.contoso.com/api, or a vault's URL
//   AZURE_*        who signs in, as DefaultAzureCredential reads it
//
//   dotnet run -- payments-db

using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;

if (args.Length != 1 || Environment.GetEnvironmentVariable("KEY_VAULT_URL") is not { } url)
{
    Console.Error.WriteLine("usage: KEY_VAULT_URL=https://rotunda.contoso.com/api dotnet run -- SECRET");
    return 2;
}

try
{
    var client = new SecretClient(new Uri(url), new DefaultAzureCredential());
    KeyVaultSecret secret = await client.GetSecretAsync(args[0]);
    Console.WriteLine(secret.Value);
    return 0;
}
catch (Exception error) when (error is RequestFailedException or AuthenticationFailedException)
{
    Console.Error.WriteLine($"read: {error.Message}");
    return 1;
}
