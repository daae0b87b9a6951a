namespace Orleans.Runtime
{
    /// <summary>What the grain host itself throws.</summary>
    public class OrleansException : Exception
    {
        public OrleansException()
            : this("The grain host failed.")
        {
        }

        public OrleansException(string message)
            : base(message)
        {
        }

        public OrleansException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>A call that could not be brought to a grain.</summary>
    public class OrleansMessageRejectionException : OrleansException
    {
        internal OrleansMessageRejectionException(string message)
            : base(message)
        {
        }
    }

    /// <summary>A call came when the silo had stopped.</summary>
    public sealed class SiloUnavailableException : OrleansMessageRejectionException
    {
        public SiloUnavailableException()
            : this("The silo is not running.")
        {
        }

        public SiloUnavailableException(string msg)
            : base(msg)
        {
        }
    }

    /// <summary>A queue is full.</summary>
    public sealed class LimitExceededException : OrleansException
    {
        public LimitExceededException(string message)
            : base(message)
        {
        }
    }
}

namespace Orleans.Storage
{
    /// <summary>The stored state was changed by someone else since it was read. The activation that lets this escape is dropped.</summary>
    public class InconsistentStateException : Orleans.Runtime.OrleansException
    {
        public InconsistentStateException()
        {
        }

        public InconsistentStateException(string message)
            : base(message)
        {
        }

        public InconsistentStateException(string message, Exception? innerException)
            : base(message, innerException!)
        {
        }

        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
            : this(errorMsg, storedEtag, currentEtag, null)
        {
        }

        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag, Exception? storageException)
            : base(errorMsg, storageException!)
        {
            StoredEtag = storedEtag;
            CurrentEtag = currentEtag;
        }

        public string? StoredEtag { get; }

        public string? CurrentEtag { get; }

        /// <summary>Whether it has dropped no activation yet: a caller that lets it pass is not to blame.</summary>
        internal bool IsSourceActivation { get; set; } = true;
    }
}
