using System.Net;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// Slows guessing down (RFC 6120 §13.11, RFC 4422 §6). What makes a login wait is above all what failed before for the same account from the same address, and such logins are looked at
/// one after the other; so nobody can keep an account's owner out who is somewhere else. What failed for the account from anywhere costs everybody a moment at most. An address from which
/// very much failed is not listened to for a while. All of it is counted in this process and for each host, so that one host's trouble is not another's.
/// </summary>
internal sealed class LoginThrottle(TimeProvider time)
{
    /// <summary>Failures of one account from one address before the next attempt waits; then each wait is twice the last.</summary>
    public const int FreeOfPair = 3;

    /// <summary>Failures of one account from anywhere before its logins wait.</summary>
    public const int FreeOfAccount = 20;

    /// <summary>Failures from one address, of all accounts of a host, before its logins wait.</summary>
    public const int FreeOfAddress = 50;

    /// <summary>Failures from one address after which it is refused. A company that changed its password behind one address stays below.</summary>
    public const int RefusedAt = 300;

    /// <summary>Entries of each of the three tables.</summary>
    public const int EntriesMax = 65_536;

    private const int PairMax = 12;
    private const int AccountMax = 60;

    // Beyond the limit, so that who goes on at it is refused for a while.
    private const int AddressMax = RefusedAt + 30;

    /// <summary>Attempts of one pair that may be under way before those beyond count as failed: guessing all at once must not be quicker.</summary>
    private const int UnderWayFree = 10;

    public static readonly TimeSpan PairWaitMax = TimeSpan.FromSeconds(8);

    public static readonly TimeSpan AccountWaitMax = TimeSpan.FromSeconds(2);

    /// <summary>Less than a failure is held against an address: who goes on at this pace comes to be refused.</summary>
    public static readonly TimeSpan AddressWaitMax = TimeSpan.FromSeconds(1);

    /// <summary>Whoever would have to wait longer for his turn is told to come back instead.</summary>
    public static readonly TimeSpan TurnWaitMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan OtherWaitStep = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly FailureTable<(Jid, IPAddress?)> _pairs = new(time, TimeSpan.FromSeconds(30), PairMax, EntriesMax);
    private readonly FailureTable<Jid> _accounts = new(time, TimeSpan.FromSeconds(6), AccountMax, EntriesMax);
    private readonly FailureTable<(string, IPAddress)> _addresses = new(time, TimeSpan.FromSeconds(2), AddressMax, EntriesMax);

    /// <summary>Entries at present, for tests.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _pairs.Count + _accounts.Count + _addresses.Count;
            }
        }
    }

    /// <summary>Whether nothing that comes from there for the host is looked at just now.</summary>
    public bool IsRefused(string host, LoginOrigin origin)
    {
        if (origin.IsShared || origin.Block is not { } block)
        {
            return false;
        }

        lock (_gate)
        {
            return _addresses.FailuresOf((host, block)) >= RefusedAt;
        }
    }

    /// <summary>Waits until the attempt may be looked at. Null when that would take too long, or nothing from there is looked at.</summary>
    /// <param name="account">Null when the client names none that could be.</param>
    public async ValueTask<LoginAttempt?> BeginAsync(string host, Jid? account, LoginOrigin origin, CancellationToken cancellationToken)
    {
        if (IsRefused(host, origin))
        {
            return null;
        }

        FailureCount? pair = null;
        TimeSpan wait;
        lock (_gate)
        {
            wait = origin is { IsShared: false, Block: { } block } ? OtherWait(_addresses.FailuresOf((host, block)) - FreeOfAddress, AddressWaitMax) : TimeSpan.Zero;
            if (account is not null)
            {
                wait = Longer(wait, OtherWait(_accounts.FailuresOf(account) - FreeOfAccount, AccountWaitMax));
                pair = _pairs.GetOrAdd((account, origin.Block));
                var own = PairWait(_pairs.FailuresOf(pair) + Math.Max(0, pair.UnderWay - UnderWayFree));
                wait = Longer(wait, own);
                if (own > TimeSpan.Zero && !origin.IsShared && origin.Address is not null)
                {
                    var now = time.GetTimestamp();
                    var turn = Math.Max(now, pair.NextTurn) + (long)(wait.TotalSeconds * time.TimestampFrequency);
                    wait = time.GetElapsedTime(now, turn);
                    if (wait > TurnWaitMax)
                    {
                        return null;
                    }

                    pair.NextTurn = turn;
                }

                pair.UnderWay++;
            }
        }

        var attempt = new LoginAttempt(this, host, account, origin, pair);
        if (wait > TimeSpan.Zero)
        {
            try
            {
                await Task.Delay(wait, time, cancellationToken);
            }
            catch
            {
                attempt.Dispose();
                throw;
            }
        }

        return attempt;
    }

    private void Failed(string host, Jid? account, LoginOrigin origin)
    {
        lock (_gate)
        {
            if (account is not null)
            {
                _pairs.Add((account, origin.Block));
                _accounts.Add(account);
            }

            if (origin is { IsShared: false, Block: { } block })
            {
                _addresses.Add((host, block));
            }
        }
    }

    private void Succeeded(FailureCount? pair)
    {
        lock (_gate)
        {
            pair?.Failures = 0;
        }
    }

    private void Ended(Jid? account, LoginOrigin origin, FailureCount? pair)
    {
        if (account is null)
        {
            return;
        }

        lock (_gate)
        {
            pair!.UnderWay--;
            _pairs.Trim((account, origin.Block));
        }
    }

    /// <summary>0.25 s, 0.5 s, 1 s and so on.</summary>
    private static TimeSpan PairWait(double failures)
    {
        // What little was forgiven during the last wait is no step back.
        var steps = (int)Math.Ceiling(failures) - FreeOfPair;
        return steps < 0 ? TimeSpan.Zero : steps >= 5 ? PairWaitMax : FirstWait * (1 << steps);
    }

    private static TimeSpan OtherWait(double beyond, TimeSpan most) => beyond < 0 ? TimeSpan.Zero : Shorter(most, OtherWaitStep * (1 + beyond));

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>One try to log in, from when it may be looked at until it is known what came of it. Neither of the two is counted when it broke off, or nobody could tell.</summary>
    public sealed class LoginAttempt(LoginThrottle throttle, string host, Jid? account, LoginOrigin origin, FailureCount? pair) : IDisposable
    {
        private bool _isOver;

        /// <summary>Counts what came of it, and passes it on. Who knew the password did not guess it, even where that did not let him in.</summary>
        public SaslStep Judge(SaslStep step)
        {
            switch (step)
            {
                case SaslStep.Failure { Condition: SaslCondition.NotAuthorized or SaslCondition.CredentialsExpired }:
                    throttle.Failed(host, account, origin);
                    break;
                case SaslStep.Success or SaslStep.Failure { Condition: SaslCondition.AccountDisabled }:
                    throttle.Succeeded(pair);
                    break;
            }

            return step;
        }

        public void Dispose()
        {
            if (!_isOver)
            {
                _isOver = true;
                throttle.Ended(account, origin, pair);
            }
        }
    }
}
