using System.Linq.Expressions;
using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Runtime;

/// <summary>A method of a grain or observer interface: how it is called, and what its attributes say of its calls.</summary>
internal abstract class CallMethod
{
    private readonly MethodInfo _method;
    private readonly Lazy<Func<object, object?[], Task>> _invoke;

    protected CallMethod(LocalSilo silo, MethodInfo method)
    {
        _method = method;
        _invoke = new Lazy<Func<object, object?[], Task>>(Compile);
        Silo = silo;
        Name = $"{method.DeclaringType!.Name}.{method.Name}";
        IsOneWay = method.ReturnType == typeof(void) || method.IsDefined(typeof(OneWayAttribute));
        IsAlwaysInterleave = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        IsReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        CancellationIndex = Array.FindIndex(method.GetParameters(), parameter => parameter.ParameterType == typeof(CancellationToken));
        Timeouts = silo.Timeouts.For(method.GetCustomAttribute<ResponseTimeoutAttribute>()?.Timeout);
    }

    public LocalSilo Silo { get; }

    public string Name { get; }

    public bool IsOneWay { get; }

    public bool IsAlwaysInterleave { get; }

    public bool IsReadOnly { get; }

    /// <summary>Which parameter is the cancellation token, −1 for none.</summary>
    public int CancellationIndex { get; }

    public TimeoutQueue Timeouts { get; }

    public static CallMethod Create(LocalSilo silo, MethodInfo method)
    {
        var returns = method.ReturnType;
        var isValueTask = returns == typeof(ValueTask);
        var result = typeof(NoResult);
        if (returns.IsGenericType)
        {
            isValueTask = returns.GetGenericTypeDefinition() == typeof(ValueTask<>);
            result = isValueTask || returns.GetGenericTypeDefinition() == typeof(Task<>) ? returns.GetGenericArguments()[0] : null;
        }
        else if (!isValueTask && returns != typeof(Task) && returns != typeof(void))
        {
            result = null;
        }

        return result is null || method.IsGenericMethod
            ? throw new NotSupportedException($"{method.DeclaringType}.{method.Name}: grain methods return a task and have no type parameters.")
            : (CallMethod)Activator.CreateInstance(typeof(CallMethod<>).MakeGenericType(result), silo, method, isValueTask)!;
    }

    public Task Invoke(object instance, object?[] arguments) => _invoke.Value(instance, arguments);

    public abstract Call NewCall(object?[] arguments);

    /// <summary>A task as the method's return type.</summary>
    public abstract object? Wrap(Task task);

    private Func<object, object?[], Task> Compile()
    {
        var instance = Expression.Parameter(typeof(object));
        var arguments = Expression.Parameter(typeof(object?[]));
        Expression call = Expression.Call(
            Expression.Convert(instance, _method.DeclaringType!),
            _method,
            _method.GetParameters().Select(
                (parameter, i) => Expression.Convert(Expression.ArrayIndex(arguments, Expression.Constant(i)), parameter.ParameterType)));
        if (_method.ReturnType == typeof(void))
        {
            call = Expression.Block(call, Expression.Constant(Task.CompletedTask, typeof(Task)));
        }
        else if (_method.ReturnType.IsValueType)
        {
            call = Expression.Call(call, nameof(ValueTask.AsTask), null);
        }

        return Expression.Lambda<Func<object, object?[], Task>>(Expression.Convert(call, typeof(Task)), instance, arguments).Compile();
    }
}

/// <summary>The same with the type of its result.</summary>
internal sealed class CallMethod<T>(LocalSilo silo, MethodInfo method, bool isValueTask) : CallMethod(silo, method)
{
    private readonly bool _isVoid = method.ReturnType == typeof(void);

    public override Call NewCall(object?[] arguments) => new Call<T>(this, arguments);

    public override object? Wrap(Task task)
    {
        if (_isVoid)
        {
            return null;
        }

        if (!isValueTask)
        {
            // A one-way call's completed task has no type.
            return typeof(T) == typeof(NoResult) || task is Task<T> ? task : Task.FromResult<T>(default!);
        }

        return typeof(T) == typeof(NoResult) ? new ValueTask(task) : new ValueTask<T>((Task<T>)task);
    }
}
