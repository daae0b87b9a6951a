namespace Krewe.Tests.Transcripts;

/// <summary>One line of a transcript with what continues it: who, does what, with what.</summary>
/// <param name="Line">For messages.</param>
/// <param name="Subject">An actor, a domain or a user; empty where the verb needs none.</param>
internal sealed record TranscriptStep(int Line, string Subject, string Verb, string Payload);

/// <param name="Title">Which section of which specification, and what it asks for.</param>
internal sealed record Transcript(string Name, string Title, IReadOnlyList<TranscriptStep> Steps);
