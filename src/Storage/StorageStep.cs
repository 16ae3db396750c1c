namespace PresenceXml.Storage;

/// <summary>The steps of the writer at which a test can make it fail.</summary>
internal enum StorageStep { Begin, Journal, Commit, Merge, MergeCommit }
