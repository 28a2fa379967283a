// A test of a program that uses Key Vault, with xUnit.
//
//   go run ./local -only vault    # in one shell; it prints the name of a file, vault.env
//   . /tmp/rotunda-…/vault.env    # in another
//   dotnet test

using Azure;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Xunit;

public class SecretsTests
{
    // A client for a vault that no other test uses: each name is a vault, empty at first.
    private static SecretClient NewVault() =>
        new(new Uri($"https://t{Guid.NewGuid():N}"[..29] + ".vault.azure.net"), new DefaultAzureCredential());

    [Fact]
    public async Task TheLatestVersionIsRead()
    {
        SecretClient client = NewVault();
        await client.SetSecretAsync("db", "first");
        await client.SetSecretAsync("db", "second");
        KeyVaultSecret found = await client.GetSecretAsync("db");
        Assert.Equal("second", found.Value);
    }

    [Fact]
    public async Task ASecretThatIsNotThere()
    {
        var refused = await Assert.ThrowsAsync<RequestFailedException>(async () => await NewVault().GetSecretAsync("db"));
        Assert.Equal((404, "SecretNotFound"), (refused.Status, refused.ErrorCode));
    }
}
