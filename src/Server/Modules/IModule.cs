namespace PresenceXml.Server.Modules;

/// <summary>A feature: one folder, and one line in <see cref="ModuleCatalog"/>. <see cref="Register"/> only records.</summary>
public interface IModule
{
    void Register(ModuleBuilder module);
}
