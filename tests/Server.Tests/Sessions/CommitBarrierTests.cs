using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Tests.Sessions;

/// <summary>What may be acknowledged of what a session sent.</summary>
public sealed class CommitBarrierTests
{
    [Test, Property("Spec", "SM-4")]
    public void One_commit_may_hold_what_was_sent_before_counting_began_and_behind_it()
    {
        var barrier = new CommitBarrier();
        var commit = new TaskCompletionSource();
        barrier.Add(commit.Task, 0);
        barrier.Add(commit.Task, 1);
        barrier.Add(commit.Task, 2);
        Assert.That(barrier.Durable(2), Is.Zero);
        commit.SetException(new StorageException("The disk is full, says the test."));
        Assert.That(barrier.HasFailed, Is.True);
        Assert.That(barrier.Durable(2), Is.Zero);
    }
}
