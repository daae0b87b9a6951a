using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Privileges;

/// <summary>An IQ that an entity sends as a user (XEP-0356 §6.3), until it is answered: exactly once, by whoever comes first.</summary>
/// <param name="asker">The entity's address that asks.</param>
/// <param name="entity">By which it is counted.</param>
/// <param name="connection">By which it asked, and gets the answer.</param>
/// <param name="type">Of both requests, the outer and the inner.</param>
/// <param name="id">Of the outer one.</param>
/// <param name="innerId">What the entity calls the inner one.</param>
/// <param name="wireId">What it is called on its way.</param>
/// <param name="user">In whose name; a bare JID.</param>
/// <param name="to">Whom it is for, who alone may answer; null for the user's own account.</param>
internal sealed class PrivilegedIq(
    IStanzaSender asker, string entity, object connection, StanzaType type, string id, string innerId, string wireId, Jid user, Jid? to, Action<PrivilegedIq> forget)
{
    private ITimer? _timer;
    private bool _isAnswered;

    public string Entity => entity;

    public object Connection => connection;

    public string WireId => wireId;

    public Jid User => user;

    public Jid? To => to;

    /// <summary>After this the entity is told that there is no answer.</summary>
    public void AnswerWithin(TimeSpan time, TimeProvider clock)
    {
        var timer = clock.CreateTimer(static iq => ((PrivilegedIq)iq!).Refuse(StanzaError.RemoteServerTimeout), this, time, Timeout.InfiniteTimeSpan);
        _timer = timer;
        if (Volatile.Read(ref _isAnswered))
        {
            timer.Dispose();
        }
    }

    /// <summary>A result or an error, as it is routed: the entity gets it inside a result, under the ids that it gave (specs P-043).</summary>
    public void Answer(ReadOnlySpan<byte> iq)
    {
        if (!TryEnd())
        {
            return;
        }

        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<iq"u8);
        xml.AttributeRaw("to"u8, asker.FromFull);
        xml.Attribute("from"u8, user.Bare);
        xml.Raw(" type='result'"u8);
        xml.Attribute("id"u8, id);
        xml.Raw("><privilege"u8);
        xml.AttributeRaw("xmlns"u8, PrivilegeNamespaces.Second);
        xml.Raw("><forwarded xmlns='urn:xmpp:forward:0'>"u8);
        WriteInner(ref xml, iq);
        xml.Raw("</forwarded></privilege></iq>"u8);
        (asker as ISession)?.CountSent(StanzaKind.Iq);
        asker.Enqueue(output.WrittenSpan);
    }

    /// <summary>The request as a whole came to nothing.</summary>
    public void Refuse(StanzaError error)
    {
        if (TryEnd())
        {
            StanzaErrorWriter.Refuse(asker, StanzaKind.Iq, type, id, user, error);
        }
    }

    /// <summary>Nobody waits any more.</summary>
    public void Drop() => TryEnd();

    private void WriteInner(ref XmppWriter xml, ReadOnlySpan<byte> iq)
    {
        var reader = new XmlElementReader(iq);
        reader.Read();
        xml.Raw("<iq xmlns='jabber:client'"u8);
        var attributes = new AttributeCursor(reader.Attributes);
        while (attributes.MoveNext())
        {
            if (!attributes.Name.SequenceEqual("id"u8) && !attributes.Name.SequenceEqual("xmlns"u8))
            {
                xml.Raw(reader.Attributes[attributes.Start..attributes.End]);
            }
        }

        xml.Attribute("id"u8, innerId);
        xml.Raw(reader.IsEmpty ? "/>"u8 : ">"u8);
        xml.Raw(iq[reader.Position..]);
    }

    private bool TryEnd()
    {
        if (Interlocked.Exchange(ref _isAnswered, true))
        {
            return false;
        }

        _timer?.Dispose();
        forget(this);
        return true;
    }
}
