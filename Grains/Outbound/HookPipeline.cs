using System.Threading.RateLimiting;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Krewe.Grains.Outbound;

/// <summary>
/// What every call of one hook of one host passes, outermost first: the total deadline, the rate and the concurrency of the hook and of the host, the destination's places, the breaker, one retry.
/// A slow or dead service costs its own tenant's calls a failure, and nobody else anything.
/// </summary>
internal sealed class HookPipeline
{
    /// <summary>How many calls may wait for one of the <see cref="HookEndpoint.Concurrency"/>; more are refused at once.</summary>
    private const int QueuedCallsMax = 10_000;

    // Lenient on purpose: the breaker spares a service that is down under load; a few failures in a row must not keep the next user from a try.
    private const double BreakerFailureRatio = 0.9;
    private const int BreakerCallsMin = 20;
    private static readonly TimeSpan BreakerWindow = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BreakerRest = TimeSpan.FromSeconds(1);

    /// <summary>The median of the pause before the only retry.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(50);

    private readonly HookAttempt _attempt;
    private readonly HookHost _host;
    private readonly HookDestinations _destinations;
    private readonly TimeProvider _time;
    private readonly HookRate? _rate;
    private readonly HookRate? _answers;
    private readonly ConcurrencyLimiter? _concurrency;
    private readonly ResiliencePipeline<HookResponse> _attempts;
    private readonly CircuitBreakerStateProvider _breaker = new();
    private int _underWay;
    private long _lastUsed;

    public HookPipeline(HookEndpoint endpoint, HookHost host, HookDestinations destinations, HookAttempt attempt, TimeProvider time)
    {
        Endpoint = endpoint;
        (_attempt, _host, _destinations) = (attempt, host, destinations);
        _time = time;
        _lastUsed = time.GetTimestamp();
        _rate = endpoint.CallsPerSecond > 0 ? new HookRate(endpoint.CallsPerSecond, time) : null;
        _answers = endpoint.AnswerBytesPerSecond > 0 ? new HookRate(endpoint.AnswerBytesPerSecond, time, perTurn: 0) : null;
        _concurrency = endpoint.Concurrency > 0 ? HookHost.Limiter(endpoint.Concurrency, QueuedCallsMax) : null;
        _attempts = new ResiliencePipelineBuilder<HookResponse> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HookResponse>
            {
                FailureRatio = BreakerFailureRatio,
                MinimumThroughput = BreakerCallsMin,
                SamplingDuration = BreakerWindow,
                BreakDuration = BreakerRest,
                StateProvider = _breaker,
                ShouldHandle = static call => ValueTask.FromResult(IsOutage(call.Outcome.Result)),
            })
            .AddRetry(new RetryStrategyOptions<HookResponse>
            {
                MaxRetryAttempts = 1,
                Delay = RetryAfter,
                BackoffType = DelayBackoffType.Constant,
                UseJitter = true,

                // Any answer stands: a status is the service's word, and a second call would only be load.
                ShouldHandle = static call => ValueTask.FromResult(call.Outcome.Result is { MayRepeat: true }),
            })
            .Build();
    }

    public HookEndpoint Endpoint { get; }

    /// <summary>The breaker is open: calls are refused for a moment.</summary>
    public bool IsResting => _breaker.CircuitState is CircuitState.Open or CircuitState.Isolated;

    public bool IsUnderWay => Volatile.Read(ref _underWay) > 0;

    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>A request without a body may be sent twice; one with a body only when nothing of it was.</summary>
    public async ValueTask<HookResponse> CallAsync(HookRequest request)
    {
        Interlocked.Increment(ref _underWay);
        var started = _time.GetTimestamp();
        using var deadline = new CancellationTokenSource(Endpoint.Deadline, _time);
        HookResponse response;
        try
        {
            response = await AdmitAsync(request, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            response = new(HookOutcome.Timeout);
        }
        finally
        {
            Volatile.Write(ref _lastUsed, _time.GetTimestamp());
            Interlocked.Decrement(ref _underWay);
        }

        return response with { Elapsed = _time.GetElapsedTime(started) };
    }

    private async ValueTask<HookResponse> AdmitAsync(HookRequest request, CancellationToken deadline)
    {
        if (_rate is not null && _host.Rate is { } ofHost)
        {
            if (_rate.Take(Endpoint.Deadline) is not { } wait || ofHost.Take(Endpoint.Deadline) is not { } hostWait)
            {
                return new(HookOutcome.Overloaded);
            }

            wait = wait > hostWait ? wait : hostWait;
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, _time, deadline);
            }
        }

        // What the answers before it weigh is known only when they are there.
        while (_answers is not null)
        {
            if (_answers.Take(Endpoint.Deadline) is not { } wait)
            {
                return new(HookOutcome.Overloaded);
            }

            if (wait == TimeSpan.Zero)
            {
                break;
            }

            await Task.Delay(wait, _time, deadline);
        }

        if (_concurrency is null || _host.Places is null)
        {
            return await GoOutAsync(request, deadline);
        }

        using var lease = await _concurrency.AcquireAsync(1, deadline);
        if (!lease.IsAcquired)
        {
            return new(HookOutcome.Overloaded);
        }

        using var ofAll = await _host.Places.AcquireAsync(1, deadline);
        return ofAll.IsAcquired ? await GoOutAsync(request, deadline) : new(HookOutcome.Overloaded);
    }

    private async ValueTask<HookResponse> GoOutAsync(HookRequest request, CancellationToken deadline)
    {
        if (!await _destinations.EnterAsync(request.Url, _host.Domain, deadline))
        {
            return new(HookOutcome.Overloaded);
        }

        try
        {
            var response = await AttemptAsync(request, deadline);
            _answers?.Spend(response.Body.Length);
            return response;
        }
        finally
        {
            _destinations.Leave(request.Url, _host.Domain);
        }
    }

    private async ValueTask<HookResponse> AttemptAsync(HookRequest request, CancellationToken deadline)
    {
        var id = request.Secrets.IsDefaultOrEmpty ? null : HookSignature.NewId();
        var context = ResilienceContextPool.Shared.Get(deadline);
        try
        {
            var outcome = await _attempts.ExecuteOutcomeAsync(
                static async (context, call) =>
                    Outcome.FromResult(await call.Attempt.SendAsync(call.Request, call.Host, call.Id, call.BodyBytesMax, context.CancellationToken)),
                context,
                (Attempt: _attempt, Request: request, Host: _host, Id: id ?? "", Endpoint.BodyBytesMax));
            if (outcome.Exception is BrokenCircuitException)
            {
                return new(HookOutcome.BreakerOpen);
            }

            outcome.ThrowIfException();
            return outcome.Result! with { Id = id };
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static bool IsOutage(HookResponse? response) => response switch
    {
        { Outcome: HookOutcome.Timeout or HookOutcome.ConnectFailed or HookOutcome.Closed or HookOutcome.TlsFailed } => true,
        { Outcome: HookOutcome.Status, Status: >= 500 } => true,
        _ => false,
    };
}
