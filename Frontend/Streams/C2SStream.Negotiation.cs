using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Sasl;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Streams;

/// <summary>From the first header to a bound resource (RFC 6120 §4.3, §5, §6, §7).</summary>
internal sealed partial class C2SStream
{
    /// <summary>RFC 6120 §7.6.2.1 suggests 5 to 10 tries.</summary>
    private const int BindTriesMax = 5;

    private static readonly HostCounters Unbound = new("");

    private string _domain = "";
    private string _clientFrom = "";
    private HostSettings? _host;
    private SaslNegotiator? _sasl;
    private Jid? _account;
    private int _bindTries;
    private HostCounters? _counted;
    private HostCounters _counters = Unbound;
    private DateTimeOffset _boundAt;

    /// <summary>The host's counters; the stream's own until it is bound.</summary>
    public HostCounters Counters => _counters;

    private async ValueTask HandleHeaderAsync(StreamHeader header)
    {
        if (_state != StreamState.AwaitHeader)
        {
            StreamException.Throw(StreamErrorCondition.BadFormat, "stream header out of place");
        }

        _isHeaderSent = false;
        if (header.Fault is { } fault)
        {
            StreamException.Throw(fault);
        }

        if (header.ContentNamespace is not (ElementNamespace.Client or ElementNamespace.None or ElementNamespace.Streams))
        {
            StreamException.Throw(StreamErrorCondition.InvalidNamespace);
        }

        // RFC 6120 §4.7.5: anything before 1.0 has no features; Krewe does not speak it.
        if (!IsVersionOne(header.Version))
        {
            StreamException.Throw(StreamErrorCondition.UnsupportedVersion);
        }

        await ChooseHostAsync(header);
        if (_account is null && _services.Sasl.Throttle.IsRefused(_domain, Origin))
        {
            _services.Instruments.Login(_domain, "none", "refused");
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "too many failed authentications");
        }

        _clientFrom = header.From is { } from && Jid.TryParse(from, out var jid) ? jid.Bare : "";
        if (_account is not null && _clientFrom.Length > 0 && _clientFrom != _account.Bare)
        {
            StreamException.Throw(StreamErrorCondition.InvalidFrom);
        }

        WriteHeader(header);
        WriteFeatures();
    }

    /// <summary>The virtual host is that of <c>to</c>; a restarted stream keeps it (specs S-033).</summary>
    private async ValueTask ChooseHostAsync(StreamHeader header)
    {
        var to = header.To ?? _sni;
        if (to is null)
        {
            StreamException.Throw(StreamErrorCondition.ImproperAddressing, "no 'to'");
        }

        if (!JidEnforcement.TryPrepareDomainpart(to, out var domain) || await _services.Hosts.GetAsync(domain) is not { } host)
        {
            StreamException.Throw(StreamErrorCondition.HostUnknown);
            return;
        }

        if (!host.Enabled)
        {
            StreamException.Throw(StreamErrorCondition.HostGone);
        }

        if (_domain.Length > 0 && _domain != domain)
        {
            StreamException.Throw(_account is null ? StreamErrorCondition.HostUnknown : StreamErrorCondition.NotAuthorized);
        }

        // A certificate of another of our hosts proves nothing for this one; what the operator gives a host itself is the client's to judge.
        if (_sni is not null && !(JidEnforcement.TryPrepareDomainpart(_sni, out var asked) && asked == domain) && _certificate is { } shown && !shown.Covers(domain))
        {
            StreamException.Throw(StreamErrorCondition.HostUnknown);
        }

        (_domain, _host) = (domain, host);
    }

    /// <param name="header">The client's; null when the stream is refused before it was understood.</param>
    private void WriteHeader(StreamHeader? header)
    {
        _isHeaderSent = true;
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw(IsFramed
            ? "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'"u8
            : "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"u8);
        xml.Attribute("id"u8, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));

        // RFC 6120 §4.9.1.3: empty where there is no host to speak for.
        xml.Attribute("from"u8, _domain);
        if (header is not null && _clientFrom.Length > 0)
        {
            xml.Attribute("to"u8, _clientFrom);
        }

        xml.Raw(IsFramed ? " version='1.0' xml:lang='en'/>"u8 : " version='1.0' xml:lang='en'>"u8);
        Queue.TryEnqueue(output.WrittenSpan);
    }

    private void WriteFeatures()
    {
        var output = ReplyBuffer.Rent();
        if (_account is not null)
        {
            Advance(StreamState.AwaitBind);
            StreamFeaturesWriter.WriteAuthenticated(output, Host, _services.Features);
        }
        else
        {
            Advance(StreamState.Negotiating);
            var offer = SaslOffer.For(Host, IsEncrypted, Binding);
            if (!IsEncrypted && !CanStartTls && Host.C2SRequireEncryption)
            {
                // There is nothing to go on with, and a client would wait for it.
                StreamException.Throw(StreamErrorCondition.PolicyViolation, "encryption is required: use wss");
            }

            _sasl = new SaslNegotiator(offer, _services.Sasl, Origin);
            StreamFeaturesWriter.WriteUnauthenticated(output, CanStartTls, Host.C2SRequireEncryption, offer.Mechanisms, offer.ChannelBindingTypes);
        }

        Queue.TryEnqueue(output.WrittenSpan);
    }

    private ValueTask HandleNegotiationAsync(Frame frame)
    {
        // The negotiation is rare and its elements are small: a copy makes everything behind it simple.
        byte[]? rented = null;
        var element = frame.Contiguous(ref rented).ToArray();
        if (rented is not null)
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }

        var head = frame.Head;
        return (_state, head.Namespace) switch
        {
            (StreamState.Negotiating, ElementNamespace.Tls) when !IsFramed => StartTlsAsync(head, element),
            (StreamState.Negotiating, ElementNamespace.Sasl) => HandleSaslAsync(head, element),
            (StreamState.AwaitBind, _) when head.IsStanza && head.Kind == StanzaKind.Iq => BindAsync(head, element),
            _ when head.IsStanza => throw new StreamException(StreamErrorCondition.NotAuthorized),
            _ => throw new StreamException(StreamErrorCondition.UnsupportedStanzaType),
        };
    }

    private async ValueTask StartTlsAsync(ElementHead head, byte[] element)
    {
        if (!head.Name(element).SequenceEqual("starttls"u8))
        {
            StreamException.Throw(StreamErrorCondition.UnsupportedStanzaType);
        }

        if (IsEncrypted)
        {
            // RFC 6120 §5.4.2.2: the failure ends the stream.
            Queue.TryEnqueue("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"u8);
            EndGracefully();
            return;
        }

        Queue.TryEnqueue("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"u8);
        await Queue.WhenDrainedAsync();
        _isTlsNext = true;
    }

    private async ValueTask HandleSaslAsync(ElementHead head, byte[] element)
    {
        var (name, mechanism, content) = ReadSasl(element);
        var reply = name switch
        {
            "auth" => await _sasl!.AuthAsync(mechanism, content, _connection.ConnectionClosed),
            "response" => await _sasl!.ResponseAsync(content, _connection.ConnectionClosed),
            "abort" => _sasl!.Abort(),
            _ => throw new StreamException(StreamErrorCondition.UnsupportedStanzaType),
        };
        switch (reply)
        {
            case SaslReply.Challenge challenge:
                WriteSasl("challenge", challenge.Content);
                break;
            case SaslReply.Success success when !ReferenceEquals(Host, _sasl!.Offer.Settings):
                // What has let him in may do so no more: whoever waits with an old offer must not come in by it.
                success.Place?.Dispose();
                _sasl = new SaslNegotiator(SaslOffer.For(Host, IsEncrypted, Binding), _services.Sasl, Origin);
                WriteSaslFailure(new SaslReply.Failure(SaslCondition.TemporaryAuthFailure, success.Mechanism, EndsStream: false));
                break;
            case SaslReply.Success success:
                (_account, _place) = (success.Identity, success.Place);
                _services.Instruments.Login(_domain, success.Mechanism, FrontendInstruments.Success);
                WriteSasl("success", success.Content);

                // RFC 6120 §6.3.2: the client opens a new stream; nothing of the old one is remembered.
                _framer.Restart();
                _framer.StanzaBytesMax = Host.C2SStanzaSizeLimit;
                _isHeaderSent = false;
                Advance(StreamState.AwaitHeader);
                break;
            case SaslReply.Failure failure:
                WriteSaslFailure(failure);
                if (failure.EndsStream)
                {
                    StreamException.Throw(StreamErrorCondition.PolicyViolation, "too many failed authentications");
                }

                break;
        }
    }

    private static (string Name, string? Mechanism, string Content) ReadSasl(byte[] element)
    {
        var reader = new XmlElementReader(element);
        reader.Read();
        var name = reader.LocalName;
        var mechanism = reader.TryGetAttribute("mechanism"u8, out var value) ? value : null;
        return (name, mechanism, reader.IsEmpty ? "" : reader.ReadText());
    }

    private void WriteSaslFailure(SaslReply.Failure failure)
    {
        _services.Instruments.Login(_domain, failure.Mechanism ?? "other", failure.Condition.ElementName());
        Queue.TryEnqueue("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><"u8, Encoding.UTF8.GetBytes(failure.Condition.ElementName()), "/></failure>"u8);
    }

    private void WriteSasl(string name, string? content)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<"u8);
        xml.Text(name);
        xml.Raw(" xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"u8);
        if (content is null)
        {
            xml.Raw("/>"u8);
        }
        else
        {
            xml.Raw(">"u8);
            xml.Text(content);
            xml.Raw("</"u8);
            xml.Text(name);
            xml.Raw(">"u8);
        }

        Queue.TryEnqueue(output.WrittenSpan);
    }

    /// <summary>RFC 6120 §7: until a resource is bound, nothing else is served.</summary>
    private async ValueTask BindAsync(ElementHead head, byte[] element)
    {
        var isBind = head.StanzaType == StanzaType.Set && head.ChildElements == 1 && head.HasId
            && head.FirstChildName(element).SequenceEqual("bind"u8)
            && head.FirstChildNamespace(element).SequenceEqual("urn:ietf:params:xml:ns:xmpp-bind"u8);
        if (!isBind)
        {
            StreamException.Throw(StreamErrorCondition.NotAuthorized, "bind a resource first");
        }

        var id = head.IdText(element)!;
        if (++_bindTries > BindTriesMax)
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "too many binds");
        }

        // It may have gone since the header.
        if (await _services.Hosts.GetAsync(_domain) is not { Enabled: true })
        {
            StreamException.Throw(StreamErrorCondition.HostGone);
        }

        if (!TryReadResource(element, out var resource))
        {
            RefuseBind(id, StanzaError.BadRequest);
            return;
        }

        if (!Host.Enabled)
        {
            StreamException.Throw(StreamErrorCondition.HostGone);
        }

        Session = Session == 0 ? _services.Sessions.NextNumber() : Session;
        var account = _account!;
        var request = new BindRequest(_services.Frontend, Session, resource, Host.Limits.SessionsPerUser, BindConflict.Override, TransportName, Address);

        // In the table before the silo knows of it: what is delivered at once must find it.
        _boundAt = _services.Time.GetUtcNow();
        _services.Sessions.Add(this);
        if (Host.Limits.Sessions is > 0 and var sessionsMax && _services.Sessions.CountOf(_domain) > sessionsMax)
        {
            _services.Sessions.Remove(Session);
            RefuseBind(id, StanzaError.ResourceConstraint);
            return;
        }

        var bound = await _services.Grains.Sessions(account).BindAsync(request);
        if (bound.Jid is not { } self)
        {
            _services.Sessions.Remove(Session);
            RefuseBind(id, bound.Error!);
            return;
        }

        Self = self;
        LiveSince = bound.LiveSince;
        (_fromFull, _fromBare) = (Escaped(self), Escaped(self.ToBare()));
        _counted = _counters = _services.Instruments.Host(_domain);
        _counters.NoteSessions(_services.Sessions.CountOf(_domain));
        _throttle = _services.Shares.OfUser(account);
        _services.Watch.Bound(this);
        _services.Instruments.StreamOpened(_domain, TransportName);
        _services.Log.Bound(_connection.ConnectionId, self.ToString());
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<iq type='result'"u8);
        xml.Attribute("id"u8, id);
        xml.Raw("><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>"u8);
        xml.Text(self.ToString());
        xml.Raw("</jid></bind></iq>"u8);
        Queue.TryEnqueue(output.WrittenSpan);
        _sasl = null;
        Advance(StreamState.Bound);

        // Disabled or deleted since it was authenticated: whoever did that ended the sessions that were there then.
        if (!IsAnonymous && await _services.Grains.Account(account).GetAsync() is not { Exists: true, IsEnabled: true })
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "the account is closed");
        }
    }

    private void RefuseBind(string id, StanzaError error)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<iq type='error'"u8);
        xml.Attribute("id"u8, id);
        xml.Raw(">"u8);
        StanzaErrorWriter.WriteError(ref xml, error);
        xml.Raw("</iq>"u8);
        Queue.TryEnqueue(output.WrittenSpan);
    }

    /// <summary>The resourcepart that the client asks for; null lets the server choose. False when it cannot be one.</summary>
    private static bool TryReadResource(ReadOnlySpan<byte> iq, out string? resource)
    {
        resource = null;
        var reader = new XmlElementReader(iq);
        while (reader.Read())
        {
            if (reader.Node == XmlNode.Start && reader.Is("resource"u8, "urn:ietf:params:xml:ns:xmpp-bind"u8))
            {
                var text = reader.IsEmpty ? "" : reader.ReadText();
                return text.Length == 0 || JidEnforcement.TryPrepareResourcepart(text, out resource);
            }
        }

        return true;
    }

    private static bool IsVersionOne(string? version) =>
        version?.Split('.') is [var major, ..] && int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1;
}
