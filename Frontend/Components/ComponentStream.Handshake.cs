using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <content>From the header to <c>&lt;handshake/&gt;</c> (XEP-0114 §3, specs C-001 to C-006), and what that undoes at the end.</content>
internal sealed partial class ComponentStream
{
    /// <summary>128 random bits: the id is the handshake's nonce.</summary>
    private const int IdBytes = 16;

    private readonly string _id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
    private HostedDomain _owner;
    private bool _isNumbered;
    private bool _isCounted;
    private int _observersTold;

    /// <summary>What the handshake was made with; null before it.</summary>
    private string? _secret;

    /// <summary>For <see cref="ComponentStickiness"/>.</summary>
    public ulong Stickiness { get; private set; }

    /// <summary>The host, or the component in it, has changed: whoever connects with what held before may have to go.</summary>
    public void Review()
    {
        var isThere = _services.Hosts.TryFindLoaded(Domain, out var now) && now.Host.Domain == OwnerDomain && now.Host.Enabled;
        if (!isThere || now.Component is not ExternalComponentSettings settings)
        {
            End(StreamErrorCondition.HostGone, null);
        }
        else if (_secret is { } proved && proved != settings.Secret)
        {
            End(StreamErrorCondition.Reset, "the secret was changed: connect again");
        }
    }

    private async ValueTask HandleHeaderAsync(StreamHeader header)
    {
        if (_state != ComponentStreamState.AwaitHeader)
        {
            StreamException.Throw(StreamErrorCondition.BadFormat, "stream header out of place");
        }

        if (header.Fault is { } fault)
        {
            StreamException.Throw(fault);
        }

        if (header.ContentNamespace != ElementNamespace.Component)
        {
            StreamException.Throw(StreamErrorCondition.InvalidNamespace);
        }

        if (header.To is not { } to)
        {
            StreamException.Throw(StreamErrorCondition.ImproperAddressing, "no 'to'");
            return;
        }

        // A name that is a host's or a room service's is as unknown here as one that is nobody's (specs C-002).
        if (!JidEnforcement.TryPrepareDomainpart(to, out var domain)
            || await _services.Hosts.FindAsync(domain) is not { Component: ExternalComponentSettings } owner)
        {
            StreamException.Throw(StreamErrorCondition.HostUnknown);
            return;
        }

        if (!owner.Host.Enabled)
        {
            StreamException.Throw(StreamErrorCondition.HostGone);
        }

        (_owner, Domain) = (owner, domain);
        _declarations = ContentScope.RescopeDeclarations(header.PrefixDeclarations.Span);
        if (TryAdvance(ComponentStreamState.AwaitHandshake))
        {
            WriteHeader();

            // What changed while the name was looked up, nobody told this stream.
            Review();
        }
    }

    /// <summary>Ours, once: even a stream that is refused at its header is answered with one (RFC 6120 §4.9.1.2). No features follow (specs C-001).</summary>
    private void WriteHeader()
    {
        if (Interlocked.Exchange(ref _isHeaderSent, true))
        {
            return;
        }

        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'"u8);
        xml.Attribute("id"u8, _id);
        xml.Attribute("from"u8, Domain);
        xml.Raw(">"u8);
        Queue.TryEnqueue(output.WrittenSpan);
    }

    private ValueTask HandleHandshakeAsync(Frame frame)
    {
        byte[]? rented = null;
        var element = frame.Contiguous(ref rented);
        var isHandshake = frame.Head.Namespace == ElementNamespace.Component && frame.Head.Name(element).SequenceEqual("handshake"u8);
        var digest = isHandshake ? TextOf(element) : "";
        if (rented is not null)
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }

        if (!isHandshake)
        {
            StreamException.Throw(StreamErrorCondition.NotAuthorized, "handshake first");
        }

        if (_services.Failures.IsBlocked(Address, Domain))
        {
            _services.Instruments.Handshake("refused");
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "too many failed handshakes");
        }

        var settings = (ExternalComponentSettings)Owner.Component!;
        if (!ComponentHandshake.Proves(_id, settings.Secret, digest))
        {
            _services.Failures.Note(Address, Domain);
            _services.Instruments.Handshake("not-authorized");
            _services.Log.HandshakeFailed(_connection.ConnectionId, OwnerDomain);
            StreamException.Throw(StreamErrorCondition.NotAuthorized);
        }

        _secret = settings.Secret;
        return EstablishAsync(settings);
    }

    private static string TextOf(ReadOnlySpan<byte> element)
    {
        var reader = new XmlElementReader(element);
        reader.Read();
        return reader.ReadText();
    }

    private async ValueTask EstablishAsync(ExternalComponentSettings settings)
    {
        if (!TryAdvance(ComponentStreamState.Admitting))
        {
            return;
        }

        // In the table before the grain knows of it: what it hands over at once must find the stream.
        Session = _services.Sessions.NextNumber();
        Stickiness = ComponentStickiness.OfConnection(_services.Sessions.FrontendName, Session);
        _services.Sessions.AddComponent(this);
        _isNumbered = true;
        if (!await _services.Admissions.AdmitAsync(this, settings.ConflictResolve))
        {
            _services.Instruments.Handshake("conflict");
            StreamException.Throw(StreamErrorCondition.Conflict, "the component is connected already");
        }

        // The secret may have changed meanwhile.
        Review();
        // Written once everything is ready: a component that has its handshake is there for everybody.
        Queue.Cork();
        try
        {
            await BeginAsync();
        }
        finally
        {
            Queue.Uncork();
        }
    }

    private async ValueTask BeginAsync()
    {
        if (!Queue.TryEnqueue("<handshake/>"u8) || !TryAdvance(ComponentStreamState.Established))
        {
            return;
        }

        _services.Watch.Established(this);
        _services.Instruments.Handshake("success");
        _services.Instruments.ComponentOpened(OwnerDomain);
        _isCounted = true;
        _throttle = _services.Shares.OfComponent(Domain, OwnerDomain);
        _counters = _services.Instruments.Component(OwnerDomain);
        _framer.StanzaBytesMax = Owner.Host.ComponentStanzaSizeLimit;
        _services.Log.ComponentConnected(_connection.ConnectionId, OwnerDomain);
        foreach (var observer in _services.Observers)
        {
            _observersTold++;
            await observer.ConnectedAsync(this);
        }

        BecomeLive();
    }

    private async Task LeaveAsync()
    {
        _services.Table.Remove(this);
        for (var i = 0; i < _observersTold; i++)
        {
            _services.Observers[i].Disconnected(this);
        }

        _ = Visitors.LeaveAllAsync();
        if (_isCounted)
        {
            _services.Shares.GiveBackComponent(Domain, OwnerDomain);
            _services.Instruments.ComponentClosed(OwnerDomain);
        }

        if (_isNumbered)
        {
            // Also after a connection that was refused, or whose answer got lost: then the grain drops what it may have of it.
            _services.Sessions.RemoveComponent(Session);
            try
            {
                await _services.Admissions.LeaveAsync(this);
            }
            catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
            {
                _services.Log.StepFailed(_connection.ConnectionId, OwnerDomain, e);
            }
        }
    }
}
