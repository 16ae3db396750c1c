using PresenceXml.Server.Presence;

namespace PresenceXml.Server.Modules;

/// <summary>
/// A module's state of one account while it is loaded, private to the module. The value is immutable by habit and swapped as a whole, so a
/// rule reads it without waiting while a handler replaces it.
/// </summary>
public sealed class AccountState<T> where T : class
{
    private readonly int slot;

    internal AccountState(int slot) => this.slot = slot;

    public T Of(Presentity presentity) => (T)presentity.GetState(slot);

    public void Set(Presentity presentity, T value) => presentity.SetState(slot, value);
}
