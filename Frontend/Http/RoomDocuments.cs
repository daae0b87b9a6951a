using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Muc;

namespace Krewe.Frontend.Http;

/// <summary>
/// A room as the API reads and writes it: the settings of <see cref="MucConfigFields"/>, subject, affiliations. A document is taken as a whole or not at
/// all; its every bad place is found in one go.
/// </summary>
internal static class RoomDocuments
{
    public const int BytesMax = 1024 * 1024;

    public const string Secret = "roomsecret";

    private const int SubjectCharactersMax = 4096;

    private const int AffiliationsMax = 10_000;

    private const string IsProtected = "passwordprotectedroom";

    private const string Subject = "subject";

    private const string Affiliations = "affiliations";

    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 8 };

    private static readonly string AffiliationMust =
        $"must be {string.Join(" or ", Enum.GetValues<MucAffiliation>().Select(affiliation => $"\"{MucWords.WireName(affiliation)}\""))}";

    /// <param name="defaults">What holds where the document says nothing.</param>
    /// <param name="password">The room's present password, which the marker of a secret stands for; null for none.</param>
    /// <param name="document">Null when there are problems.</param>
    public static List<ProblemPlace> Read(string json, MucRoomConfig defaults, string? password, out MucRoomDocument? document)
    {
        document = null;
        var problems = new List<ProblemPlace>();
        try
        {
            using var parsed = JsonDocument.Parse(json, Json);
            var draft = new Draft(defaults with { Password = null }, password, problems);
            draft.Read(parsed.RootElement);
            document = problems.Count == 0 ? draft.ToDocument() : null;
        }
        catch (JsonException e)
        {
            // Its message may quote the text, a password for example.
            problems.Add(new ProblemPlace(JsonPaths.Root, $"is not JSON (RFC 8259): line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}"));
        }
        catch (InvalidOperationException)
        {
            // So the reader says that an escaped surrogate has no other half (RFC 8259 §8.2).
            problems.Add(new ProblemPlace(JsonPaths.Root, "holds a string that is no Unicode text"));
        }

        return problems;
    }

    public static JsonObject Show(MucRoomDocument document)
    {
        var shown = new JsonObject();
        foreach (var field in MucConfigFields.All)
        {
            if (RoomFieldJson.Show(document.Config, field) is { } value)
            {
                shown[field.Name] = value;
            }
        }

        if (document.Subject is not null)
        {
            shown[Subject] = document.Subject;
        }

        shown[Affiliations] = new JsonObject(document.Affiliations.OrderBy(item => item.Jid!.Bare, StringComparer.Ordinal)
            .Select(item => KeyValuePair.Create(item.Jid!.Bare, (JsonNode?)MucWords.WireName(item.Affiliation))));
        return shown;
    }

    private sealed class Draft(MucRoomConfig config, string? storedPassword, List<ProblemPlace> problems)
    {
        private MucRoomConfig _config = config;
        private bool? _isProtected;
        private string? _subject;
        private ImmutableArray<MucListItem> _affiliations = [];

        public MucRoomDocument ToDocument() => new(_isProtected == false ? _config with { Password = null } : _config, _subject, _affiliations);

        public void Read(JsonElement root)
        {
            if (root.ValueKind != JsonValueKind.Object)
            {
                problems.Add(new ProblemPlace(JsonPaths.Root, "must be an object"));
                return;
            }

            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var member in root.EnumerateObject())
            {
                var path = JsonPaths.Member(JsonPaths.Root, member.Name);
                if (!seen.Add(member.Name))
                {
                    problems.Add(new ProblemPlace(path, "is there twice"));
                }
                else
                {
                    Read(member.Name, path, member.Value);
                }
            }

            var secret = JsonPaths.Member(JsonPaths.Root, Secret);
            if (_isProtected == true && _config.Password is null && problems.All(problem => problem.Path != secret))
            {
                problems.Add(new ProblemPlace(secret, "must be a password, as the room is to have one"));
            }
        }

        private void Read(string name, string path, JsonElement value)
        {
            switch (name)
            {
                // The two go together, in whatever order they come.
                case IsProtected when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                    _isProtected = value.GetBoolean();
                    break;
                case Secret when HostSecrets.IsMarker(value):
                    KeepPassword(path);
                    break;
                case Subject:
                    ReadSubject(path, value);
                    break;
                case Affiliations:
                    ReadAffiliations(path, value);
                    break;
                case "roomowners" or "roomadmins":
                    problems.Add(new ProblemPlace(path, $"is told in {Affiliations}"));
                    break;
                default:
                    ReadField(name, path, value);
                    break;
            }
        }

        private void ReadField(string name, string path, JsonElement value)
        {
            if (MucConfigFields.Find(name) is not { } field)
            {
                problems.Add(new ProblemPlace(path, "is not a member of a room's document"));
            }
            else if (RoomFieldJson.Set(_config, field, value) is { } changed)
            {
                _config = changed;
            }
            else
            {
                problems.Add(new ProblemPlace(path, RoomFieldJson.Must(field)));
            }
        }

        private void KeepPassword(string path)
        {
            _config = _config with { Password = storedPassword };
            if (storedPassword is null)
            {
                problems.Add(new ProblemPlace(path, HostSecrets.NothingToKeep));
            }
        }

        private void ReadSubject(string path, JsonElement value)
        {
            var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : null;
            if (text is not { Length: <= SubjectCharactersMax } || !XmlText.IsText(text))
            {
                problems.Add(new ProblemPlace(path, $"must be a string of at most {SubjectCharactersMax} characters that XML can carry"));
            }
            else
            {
                _subject = text.Length == 0 ? null : text;
            }
        }

        private void ReadAffiliations(string path, JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() > AffiliationsMax)
            {
                problems.Add(new ProblemPlace(path, $"must be an object of at most {AffiliationsMax} bare JIDs with their affiliations"));
                return;
            }

            var items = new Dictionary<Jid, MucListItem>();
            foreach (var member in value.EnumerateObject())
            {
                var memberPath = JsonPaths.Member(path, member.Name);
                var affiliation = member.Value.ValueKind == JsonValueKind.String ? MucWords.ParseAffiliation(member.Value.GetString()!) : null;
                if (!Jid.TryParse(member.Name, out var jid) || !jid.IsBare)
                {
                    problems.Add(new ProblemPlace(memberPath, "is not a bare JID (RFC 7622)"));
                }
                else if (affiliation is not { } held)
                {
                    problems.Add(new ProblemPlace(memberPath, AffiliationMust));
                }
                else if (!items.TryAdd(jid, new MucListItem(jid, null, held, null, null)))
                {
                    problems.Add(new ProblemPlace(memberPath, "is there twice"));
                }
            }

            _affiliations = [.. items.Values.Where(item => item.Affiliation != MucAffiliation.None)];
        }
    }
}
