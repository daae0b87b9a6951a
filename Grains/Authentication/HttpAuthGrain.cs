using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Grains.Authentication;

/// <summary>
/// One user of a host whose passwords the tenant's service knows. Methods interleave: who waits for one password holds up nobody with another. A password that was right is
/// remembered as a hash under a key of this process, a wrong one not at all, so that a new password counts at once.
/// </summary>
internal sealed class HttpAuthGrain(HttpAuthClient client, IHostSettingsSource hosts, TimeProvider time) : Grain, IHttpAuthGrain
{
    /// <summary>How long a password that was right is not asked about again, and neither is a user who is there.</summary>
    public static readonly TimeSpan YesFor = TimeSpan.FromSeconds(60);

    /// <summary>How long a user who is not there is not asked about again.</summary>
    public static readonly TimeSpan NoFor = TimeSpan.FromSeconds(10);

    /// <summary>Passwords that are remembered at a time: devices have their own in some applications.</summary>
    private const int RememberedMax = 8;

    /// <summary>Different passwords that are asked about at a time. Whoever guesses so many at once must not make the service's limits his own.</summary>
    private const int QuestionsMax = 64;

    /// <summary>An activation that holds nothing goes after this.</summary>
    private static readonly TimeSpan Stay = TimeSpan.FromSeconds(2);

    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    private readonly Dictionary<Key, Task<HttpAuthAnswer>> _questions = [];
    private readonly Dictionary<Key, DateTimeOffset> _remembered = [];
    private Jid _user = null!;
    private SingleFlight<HttpAuthAnswer> _existence = null!;
    private (HttpAuthAnswer Answer, Key Source, DateTimeOffset Until)? _known;
    private IGrainTimer? _timer;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _user = Jid.Parse(this.GetPrimaryKeyString());
        _existence = new(AskExistenceAsync);
        return Task.CompletedTask;
    }

    public async Task<HttpAuthAnswer> CheckPasswordAsync(PasswordAttempt attempt)
    {
        LeaveSoon();
        if (await SettingsAsync() is not { HttpAuth: { } auth } host)
        {
            return HttpAuthAnswer.Failed;
        }

        var key = KeyOf(auth, attempt.Password);
        if (_remembered.TryGetValue(key, out var until) && time.GetUtcNow() < until)
        {
            return HttpAuthAnswer.Yes;
        }

        if (_questions.TryGetValue(key, out var asked))
        {
            return await asked;
        }

        if (_questions.Count >= QuestionsMax)
        {
            return HttpAuthAnswer.Failed;
        }

        var question = AskAsync(host, auth, key, attempt.Password);
        if (!question.IsCompleted)
        {
            _questions[key] = question;
        }

        return await question;
    }

    public async Task<HttpAuthAnswer> ExistsAsync()
    {
        LeaveSoon();
        return await SettingsAsync() is not { HttpAuth: { } auth } ? HttpAuthAnswer.Failed
            : _known is { } known && known.Source == KeyOf(auth, "") && time.GetUtcNow() < known.Until ? known.Answer
            : await _existence.Join();
    }

    private async ValueTask<HostSettings?> SettingsAsync() => await hosts.GetAsync(_user.Domainpart);

    private async Task<HttpAuthAnswer> AskAsync(HostSettings host, HttpAuthSettings auth, Key key, string password)
    {
        try
        {
            var answer = await client.CheckPasswordAsync(host, auth, _user, password);
            if (answer == HttpAuthAnswer.Yes)
            {
                Remember(key);
            }

            return answer;
        }
        finally
        {
            _questions.Remove(key);
        }
    }

    private void Remember(Key key)
    {
        if (_remembered.Count >= RememberedMax && !_remembered.ContainsKey(key))
        {
            _remembered.Remove(_remembered.MinBy(static entry => entry.Value).Key);
        }

        _remembered[key] = time.GetUtcNow() + YesFor;
    }

    private async Task<HttpAuthAnswer> AskExistenceAsync()
    {
        if (await SettingsAsync() is not { HttpAuth: { } auth } host)
        {
            return HttpAuthAnswer.Failed;
        }

        var answer = await client.ExistsAsync(host, auth, _user);
        if (answer != HttpAuthAnswer.Failed)
        {
            _known = (answer, KeyOf(auth, ""), time.GetUtcNow() + (answer == HttpAuthAnswer.Yes ? YesFor : NoFor));
        }

        return answer;
    }

    /// <summary>What is remembered of a password, and of which service said so; nobody could find the password by it.</summary>
    private static Key KeyOf(HttpAuthSettings auth, string password)
    {
        Span<byte> hmac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Secret, [.. HttpAuthClient.SourceOf(auth), .. Encoding.UTF8.GetBytes(password)], hmac);
        return MemoryMarshal.Read<Key>(hmac);
    }

    /// <summary>Made-up names must not fill the memory: the activation goes as soon as it holds nothing.</summary>
    private void LeaveSoon() =>
        _timer ??= this.RegisterGrainTimer(LeaveAsync, new GrainTimerCreationOptions { DueTime = Stay, Period = Stay, Interleave = true });

    private Task LeaveAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var (key, until) in _remembered)
        {
            if (until <= now)
            {
                _remembered.Remove(key);
            }
        }

        if (_questions.Count == 0 && _remembered.Count == 0 && !_existence.IsUnderWay && !(_known?.Until > now))
        {
            _timer?.Dispose();
            _timer = null;
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }

    private readonly record struct Key(UInt128 First, UInt128 Second);
}
