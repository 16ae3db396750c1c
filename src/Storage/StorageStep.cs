namespace PresenceXml.Storage;

/// <summary>The steps of the writer at which a test can make it fail, and the one at which it can make the other thread slow.</summary>
internal enum StorageStep { Begin, Journal, Commit, Merge, MergeCommit, Checkpoint }
