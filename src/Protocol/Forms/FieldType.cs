namespace PresenceXml.Protocol.Forms;

/// <summary>What a field of a form takes (XEP-0004 2.13.1 §3.3).</summary>
public enum FieldType { Boolean, Fixed, Hidden, JidMulti, JidSingle, ListMulti, ListSingle, TextMulti, TextPrivate, TextSingle }
