using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Frontend.Streams;

namespace Krewe.Tests.Unit.Streams;

public sealed class ReplyBufferTests
{
    [Fact]
    public void WhatIsWritten_InWhateverParts_IsThere_AndGoneWhenRentedAgain() =>
        Prop.ForAll<PositiveInt[]>(static parts =>
        {
            var expected = new StringBuilder();
            var buffer = ReplyBuffer.Rent();
            foreach (var part in parts)
            {
                // Enough for the buffer to grow now and then, and to be given back.
                var text = new string((char)('a' + (part.Get % 26)), part.Get * 997);
                buffer.Write(Encoding.ASCII.GetBytes(text));
                expected.Append(text);
            }

            return Encoding.ASCII.GetString(buffer.WrittenSpan) == expected.ToString() && buffer.WrittenCount == expected.Length && ReplyBuffer.Rent().WrittenCount == 0;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Advance_BeyondWhatWasGiven_IsRefused()
    {
        var buffer = ReplyBuffer.Rent();
        var given = buffer.GetSpan(10).Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(given + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
    }
}
