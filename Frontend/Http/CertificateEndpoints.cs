using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Certificates;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Listeners;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>A host's certificate: <c>/api/v1/hosts/{host}/certificate</c>. What is put is used by the next handshake; its private key is never shown.</summary>
internal sealed class CertificateEndpoints(IGrainFactory grains, IHostSettingsSource hosts, TlsCertificates certificates, TimeProvider time)
{
    private const string Certificate = "/api/v1/hosts/{host}/certificate";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Certificate, (HttpContext http, CertificateEndpoints endpoints) => endpoints.GetAsync(http)).RequireHost(HostKeys.Settings).WithTags("certificates")
            .WithSummary("Shows the certificate that handshakes of the host get, wherever it is from.").Produces<CertificateBody>().WithProblems(401, 403, 404);
        routes.MapPut(Certificate, (HttpContext http, CertificateEndpoints endpoints) => endpoints.PutAsync(http)).RequireHost(HostKeys.Settings).WithTags("certificates")
            .WithSummary("Gives the host a certificate with its key, for the next handshake on.").Accepts<NewCertificateBody>("application/json")
            .Produces<CertificateBody>().Produces<CertificateBody>(StatusCodes.Status201Created).WithProblems(400, 401, 403, 404, 413, 422);
        routes.MapDelete(Certificate, (HttpContext http, CertificateEndpoints endpoints) => endpoints.DeleteAsync(http)).RequireHost(HostKeys.Settings).WithTags("certificates")
            .WithSummary("Takes back the certificate that was put; the provider's file, or a self-signed one, is used from the next handshake on.")
            .Produces(StatusCodes.Status204NoContent).WithProblems(401, 403, 404);
    }

    private async Task<IResult> GetAsync(HttpContext http) => await ShowAsync(HostAccess.Of(http).Domain, StatusCodes.Status200OK);

    private async Task<IResult> PutAsync(HttpContext http)
    {
        var domain = HostAccess.Of(http).Domain;
        var (body, problem) = await ApiRequest.ReadAsync(http, ApiJson.Default.NewCertificateBody);
        if (body is null)
        {
            return problem!;
        }

        var problems = new List<ProblemPlace>();
        if (CertificatePem.Read(body.Certificate ?? "", body.Key ?? "", problems) is { } pem)
        {
            CertificateRules.Check(pem, domain, time.GetUtcNow(), problems);
            if (problems.Count == 0)
            {
                return await TakeAsync(domain, pem);
            }
        }

        return ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "The certificate is not valid for the host.", problems);
    }

    private async Task<IResult> TakeAsync(string domain, CertificatePem pem)
    {
        var grain = grains.Certificate(domain);
        var (chain, key) = pem.Export();
        var isFirst = await grain.PutAsync(new HostCertificate(chain, key));
        if ((await grains.Host(domain).GetAsync()).Json is null)
        {
            // Removed meanwhile, perhaps behind the removal of its certificate: whoever gets the domain next is not to have it.
            await grain.ClearAsync();
            return NoSuchHost();
        }

        return await ShowAsync(domain, isFirst ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private async Task<IResult> DeleteAsync(HttpContext http)
    {
        var domain = HostAccess.Of(http).Domain;
        var existed = await grains.Certificate(domain).ClearAsync();
        await certificates.ReloadAsync(domain);
        return existed ? Results.NoContent() : ApiResults.NotFound("The host has no certificate from the API.");
    }

    private async Task<IResult> ShowAsync(string domain, int status)
    {
        if (await hosts.GetAsync(domain) is not { } host)
        {
            return NoSuchHost();
        }

        var (inUse, fromApi) = await certificates.ReloadAsync(domain);
        return ApiResults.Json(Describe(inUse, fromApi, host), ApiJson.Default.CertificateBody, status);
    }

    private CertificateBody Describe(ServerCertificate inUse, ServerCertificate? fromApi, HostSettings host)
    {
        var certificate = inUse.Certificate;
        var now = time.GetUtcNow();
        return new CertificateBody(
            CertificateWords.NameOf(inUse.Source),
            certificate.Subject,
            [.. SubjectNames.Of(certificate).Shown],
            certificate.Issuer,
            certificate.SerialNumber,
            certificate.NotBefore.ToUniversalTime(),
            inUse.NotAfter,
            CertificateWords.DaysLeft(inUse, now),
            certificate.GetCertHashString(HashAlgorithmName.SHA256),
            KeyAlgorithm(certificate),
            [.. inUse.Context.IntermediateCertificates.Select(authority => authority.Subject)],
            CertificateWords.Uncovered(inUse, host),
            CertificateWords.Warning(inUse, fromApi, host.Domain, now));
    }

    private static string KeyAlgorithm(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPublicKey();
        using var curve = certificate.GetECDsaPublicKey();
        return rsa is not null ? $"RSA {rsa.KeySize}" : curve is not null ? $"ECDSA {curve.KeySize}" : certificate.PublicKey.Oid.FriendlyName ?? "";
    }

    private static IResult NoSuchHost() => ApiResults.NotFound("There is no such host.");
}
