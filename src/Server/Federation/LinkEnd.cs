namespace PresenceXml.Server.Federation;

/// <summary>How a stream that carried a link ended.</summary>
/// <param name="IsLost">True when it was cut, or ended with an error; false when either side closed it in good order, or the link did.</param>
/// <param name="Reason">For people: what happened, with the other side's own words where it said something.</param>
internal readonly record struct LinkEnd(bool IsLost, string Reason);
