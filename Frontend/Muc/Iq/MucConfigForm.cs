using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>The owner's form (XEP-0045 §10.2): <see cref="MucConfigFields"/> and the lists of admins and owners.</summary>
internal static class MucConfigForm
{
    private const string FormType = "http://jabber.org/protocol/muc#roomconfig";
    private const string Admins = "muc#roomconfig_roomadmins";
    private const string Owners = "muc#roomconfig_roomowners";

    public static readonly StanzaError PasswordMissing = NotAcceptable("muc#roomconfig_roomsecret", "a password, as the room is to be protected by one");

    public static void Write(ref XmppWriter xml, Jid room, MucConfigResult present)
    {
        DataFormWriter.WriteStart(ref xml, DataFormType.Form, FormType, $"Configuration of {room}", "Change what the room is and who may do what in it.");
        foreach (var field in MucConfigFields.All)
        {
            Write(ref xml, field, field.Read(present.Config ?? MucRoomConfig.Default));
        }

        DataFormWriter.WriteField(ref xml, DataFormFieldType.JidMulti, Admins, "Admins", present.Admins.AsSpan());
        DataFormWriter.WriteField(ref xml, DataFormFieldType.JidMulti, Owners, "Owners", present.Owners.AsSpan());
        DataFormWriter.WriteEnd(ref xml);
    }

    /// <summary>What a submitted form changes; what is wrong with it is the result. Fields that are not known are none of ours.</summary>
    public static StanzaError? Read(DataForm form, out MucConfigChange change)
    {
        change = new MucConfigChange();
        if (form.HasFields && form.FormType is not (null or FormType))
        {
            return StanzaError.BadRequest;
        }

        foreach (var field in form.Fields)
        {
            if (field.Name is Admins or Owners)
            {
                if (ReadJids(field.Values) is not { } jids)
                {
                    return NotAcceptable(field.Name, "addresses of users");
                }

                change = field.Name == Admins ? change with { Admins = jids } : change with { Owners = jids };
            }
            else if (MucConfigFields.FindInForm(field.Name) is { } known)
            {
                if (known.Change(change, Plain(known, field.Values)) is not { } changed)
                {
                    return NotAcceptable(field.Name, known.Expected);
                }

                change = changed;
            }
        }

        return Settle(ref change);
    }

    /// <summary>A switch and a password are one setting in two fields.</summary>
    private static StanzaError? Settle(ref MucConfigChange change)
    {
        switch (change)
        {
            case { IsPasswordProtected: true, Password: "" }:
                return PasswordMissing;
            case { IsPasswordProtected: false }:
                change = change with { Password = null };
                break;
            case { IsPasswordProtected: null, Password: { } password }:
                change = password.Length > 0 ? change with { IsPasswordProtected = true } : change with { IsPasswordProtected = false, Password = null };
                break;
        }

        return null;
    }

    private static void Write(ref XmppWriter xml, MucConfigField field, ImmutableArray<string> values)
    {
        var options = field.Options;
        if (field.Type == MucConfigFieldType.Number)
        {
            values = [.. values.Select(value => value == "0" && field.ZeroWord is { } word ? word : value)];
            if (!options.IsEmpty && !options.Any(option => option.Value == values[0]))
            {
                // What is set is a choice too (XEP-0004 §3.3: a value of a list is one of its options).
                options = options.Insert(0, new DataFormOption(values[0], values[0]));
            }
        }

        DataFormWriter.WriteField(ref xml, TypeOf(field), field.FormName, field.Label, values.AsSpan(), options.AsSpan());
    }

    private static ImmutableArray<string> Plain(MucConfigField field, ImmutableArray<string> values) =>
        field.ZeroWord is { } word ? [.. values.Select(value => value == word ? "0" : value)] : values;

    private static DataFormFieldType TypeOf(MucConfigField field) => field.Type switch
    {
        MucConfigFieldType.Boolean => DataFormFieldType.Boolean,
        MucConfigFieldType.Secret => DataFormFieldType.TextPrivate,
        MucConfigFieldType.Choice => DataFormFieldType.ListSingle,
        MucConfigFieldType.Choices => DataFormFieldType.ListMulti,
        MucConfigFieldType.Number when !field.Options.IsEmpty => DataFormFieldType.ListSingle,
        _ => DataFormFieldType.TextSingle,
    };

    /// <summary>Null when one of them is none of a user. Empty lines of a text are none.</summary>
    private static ImmutableArray<Jid>? ReadJids(ImmutableArray<string> values)
    {
        var jids = ImmutableArray.CreateBuilder<Jid>();
        foreach (var value in values.Select(value => value.Trim()).Where(value => value.Length > 0))
        {
            if (!Jid.TryParse(value, out var jid) || !jid.HasLocalpart)
            {
                return null;
            }

            jids.Add(jid.ToBare());
        }

        return [.. jids.Distinct()];
    }

    private static StanzaError NotAcceptable(string field, string expected) => StanzaError.NotAcceptable with { Text = $"{field} must be {expected}" };
}
