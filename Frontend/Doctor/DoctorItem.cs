namespace Krewe.Frontend.Doctor;

internal enum DoctorLevel
{
    Ok,

    /// <summary>Worth knowing; may be meant.</summary>
    Note,

    /// <summary>Somebody has to do something.</summary>
    Bad,
}

/// <summary>One finding about a host.</summary>
/// <param name="Subject">What it is about: a JSON path of the host's document, or a word such as <c>certificate</c>.</param>
/// <param name="Message">For people who know their application, and nothing of Krewe's inside: what is so, and what follows from it.</param>
internal sealed record DoctorItem(DoctorLevel Level, string Subject, string Message)
{
    public static DoctorItem Ok(string subject, string message) => new(DoctorLevel.Ok, subject, message);

    public static DoctorItem Note(string subject, string message) => new(DoctorLevel.Note, subject, message);

    public static DoctorItem Bad(string subject, string message) => new(DoctorLevel.Bad, subject, message);
}
