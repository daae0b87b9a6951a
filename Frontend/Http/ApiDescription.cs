using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Krewe.Frontend.Http;

/// <summary>
/// What <c>/openapi/v1.json</c> says beyond summaries and bodies. Endpoints read their requests themselves, so their parameters are told here, beside each route;
/// those of the path follow from it.
/// </summary>
internal static class ApiDescription
{
    /// <summary>The name of the security scheme in the document.</summary>
    public const string Scheme = "bearer";

    public static IServiceCollection AddKreweDescription(this IServiceCollection services) => services.AddOpenApi(description =>
    {
        description.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Krewe";
            document.AddComponent(Scheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The provider's token, or a key of the host or of its tenant.",
            });
            document.Security = [Requirement(document)];
            return Task.CompletedTask;
        });
        description.AddOperationTransformer(DescribeAsync);
    });

    /// <summary>Describes that every refusal is a problem document.</summary>
    public static RouteHandlerBuilder WithProblems(this RouteHandlerBuilder route, params int[] statuses)
    {
        int[] all = statuses.Length > 0 ? statuses : [400, 401, 403, 404, 409, 412, 413, 422];

        // Wherever a token is asked for, there may be too many requests with it, or with bad ones from the same place.
        foreach (var status in all.Contains(401) ? [.. all, 429] : all)
        {
            route.Produces<ProblemBody>(status, ApiResults.ProblemType);
        }

        return route;
    }

    public static RouteHandlerBuilder WithQuery(this RouteHandlerBuilder route, string name, string description, JsonSchemaType type = JsonSchemaType.String) =>
        route.WithMetadata(new Parameter(ParameterLocation.Query, name, description, type));

    public static RouteHandlerBuilder WithHeader(this RouteHandlerBuilder route, string name, string description) =>
        route.WithMetadata(new Parameter(ParameterLocation.Header, name, description, JsonSchemaType.String));

    /// <summary>A body of names, whatever media type it is sent with: to describe it as ASP.NET Core does would refuse others.</summary>
    public static RouteHandlerBuilder WithNames(this RouteHandlerBuilder route) => route.WithMetadata(Names.Instance);

    /// <summary>A list's page.</summary>
    public static RouteHandlerBuilder WithPage(this RouteHandlerBuilder route) => route
        .WithQuery("after", "The next of the page before.")
        .WithQuery("limit", "How many items at most.", JsonSchemaType.Integer);

    public static RouteHandlerBuilder WithConditions(this RouteHandlerBuilder route) => route
        .WithHeader("If-Match", "The ETag that must be the present one, or * for any.")
        .WithHeader("If-None-Match", "* for a host that must not exist yet.");

    /// <summary>No token is needed, or (<paramref name="orToken"/>) another way will do as well.</summary>
    public static RouteHandlerBuilder WithoutToken(this RouteHandlerBuilder route, bool orToken = false) => route.WithMetadata(new Openness(orToken));

    private static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        // Those of the path that a handler takes as arguments are there already, without a word.
        var ofPath = RoutePatternFactory.Parse(context.Description.RelativePath ?? "").Parameters.Select(part => part.Name).ToArray();
        operation.Parameters =
        [
            .. ofPath.Select(name => Describe(new(ParameterLocation.Path, name, PathWords.GetValueOrDefault(name, ""), JsonSchemaType.String))),
            .. (operation.Parameters ?? []).Where(known => !ofPath.Contains(known.Name)),
        ];

        foreach (var parameter in context.Description.ActionDescriptor.EndpointMetadata.OfType<Parameter>())
        {
            operation.Parameters.Add(Describe(parameter));
        }

        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Names>().Any())
        {
            var schema = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } };
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true, Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = schema } },
            };
        }

        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Openness>().FirstOrDefault() is { } openness)
        {
            // An empty requirement is met by everybody.
            operation.Security = openness.OrToken ? [[], Requirement(context.Document!)] : [[]];
        }

        return Task.CompletedTask;
    }

    private static readonly ImmutableDictionary<string, string> PathWords = new Dictionary<string, string>
    {
        ["host"] = "The virtual host's domain.",
        ["tenant"] = "The tenant's name, percent-encoded.",
        ["localpart"] = "The user's localpart (RFC 7622 §3.3), percent-encoded.",
        ["jid"] = "The session's full JID, percent-encoded.",
        ["id"] = "The key's id.",
        ["version"] = "A version of the host's document: the number in its ETag.",
        ["room"] = "The room's bare JID, percent-encoded.",
        ["nick"] = "The occupant's nickname, percent-encoded.",
    }.ToImmutableDictionary();

    private static OpenApiParameter Describe(Parameter parameter) => new()
    {
        Name = parameter.Name,
        In = parameter.In,
        Description = parameter.Description,
        Required = parameter.In == ParameterLocation.Path,
        Schema = new OpenApiSchema { Type = parameter.Type },
    };

    private static OpenApiSecurityRequirement Requirement(OpenApiDocument document) => new() { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] };

    private sealed record Parameter(ParameterLocation In, string Name, string Description, JsonSchemaType Type);

    private sealed class Names
    {
        public static readonly Names Instance = new();
    }

    private sealed record Openness(bool OrToken);
}
