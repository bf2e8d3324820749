package path

import "github.com/steward-init/steward/load"

//tidy:table

// place is a name that can be asked for. Of the fields behind it one says where it is.
type place struct {
	name  string
	fixed string                              // the same on all machines; a list has colons
	find  func(e environment) (string, error) // "" and a nil error can not be
	list  func(e environment) ([]string, error)
}

// places are in the order that the command lists them, which is that of systemd-path(1).
var places = []place{
	{name: "temporary", find: func(e environment) (string, error) { return e.temporary("/tmp"), nil }},
	{name: "temporary-large", find: func(e environment) (string, error) { return e.temporary("/var/tmp"), nil }},
	{name: "system-binaries", fixed: "/usr/bin"},
	{name: "system-include", fixed: "/usr/include"},
	{name: "system-library-private", fixed: "/usr/lib"},
	{name: "system-library-arch", find: func(environment) (string, error) { return "/usr/lib" + libraries(), nil }},
	{name: "system-shared", fixed: "/usr/share"},
	{name: "system-configuration-factory", fixed: "/usr/share/factory/etc"},
	{name: "system-state-factory", fixed: "/usr/share/factory/var"},
	{name: "system-configuration", fixed: "/etc"},
	{name: "system-runtime", fixed: "/run"},
	{name: "system-runtime-logs", fixed: "/run/log"},
	{name: "system-state-private", fixed: "/var/lib"},
	{name: "system-state-logs", fixed: "/var/log"},
	{name: "system-state-cache", fixed: "/var/cache"},
	{name: "system-state-spool", fixed: "/var/spool"},
	{name: "user-binaries", find: func(e environment) (string, error) { return e.belowHome("/.local/bin") }},
	{name: "user-library-private", find: func(e environment) (string, error) { return e.belowHome("/.local/lib") }},
	{name: "user-library-arch", find: func(e environment) (string, error) { return e.belowHome("/.local/lib" + libraries()) }},
	{name: "user-shared", find: func(e environment) (string, error) { return e.variable("XDG_DATA_HOME", "/.local/share") }},
	{name: "user-configuration", find: environment.configuration},
	{name: "user-runtime", find: environment.runtime},
	{name: "user-state-cache", find: func(e environment) (string, error) { return e.variable("XDG_CACHE_HOME", "/.cache") }},
	{name: "user", find: environment.home},
	{name: "user-documents", find: func(e environment) (string, error) { return e.userDir("XDG_DOCUMENTS_DIR", "") }},
	{name: "user-music", find: func(e environment) (string, error) { return e.userDir("XDG_MUSIC_DIR", "") }},
	{name: "user-pictures", find: func(e environment) (string, error) { return e.userDir("XDG_PICTURES_DIR", "") }},
	{name: "user-videos", find: func(e environment) (string, error) { return e.userDir("XDG_VIDEOS_DIR", "") }},
	{name: "user-download", find: func(e environment) (string, error) { return e.userDir("XDG_DOWNLOAD_DIR", "") }},
	{name: "user-public", find: func(e environment) (string, error) { return e.userDir("XDG_PUBLICSHARE_DIR", "") }},
	{name: "user-templates", find: func(e environment) (string, error) { return e.userDir("XDG_TEMPLATES_DIR", "") }},
	{name: "user-desktop", find: func(e environment) (string, error) { return e.userDir("XDG_DESKTOP_DIR", "/Desktop") }},
	{name: "search-binaries", list: func(e environment) ([]string, error) { return e.search("PATH", "", "/.local/bin", binaries), nil }},
	{name: "search-binaries-default", fixed: binaries},
	{name: "search-library-private", list: func(e environment) ([]string, error) {
		return e.search("", "", "/.local/lib", "/usr/local/lib:/usr/lib:/lib"), nil
	}},
	{name: "search-library-arch", list: environment.searchLibraries},
	{name: "search-shared", list: func(e environment) ([]string, error) {
		return e.search("XDG_DATA_DIRS", "XDG_DATA_HOME", "/.local/share", "/usr/local/share:/usr/share"), nil
	}},
	{name: "search-configuration-factory", fixed: "/usr/local/share/factory/etc:/usr/share/factory/etc"},
	{name: "search-state-factory", fixed: "/usr/local/share/factory/var:/usr/share/factory/var"},
	{name: "search-configuration", list: func(e environment) ([]string, error) {
		return e.search("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "/.config", "/etc"), nil
	}},
	{name: "systemd-util", fixed: "/lib/systemd"},
	{name: "systemd-system-unit", fixed: "/lib/systemd/system"},
	{name: "systemd-system-preset", fixed: "/lib/systemd/system-preset"},
	{name: "systemd-system-conf", fixed: "/etc/systemd/system"},
	{name: "systemd-user-unit", fixed: "/usr/lib/systemd/user"},
	{name: "systemd-user-preset", fixed: "/lib/systemd/user-preset"},
	{name: "systemd-user-conf", fixed: "/etc/systemd/user"},
	{name: "systemd-search-system-unit", list: func(e environment) ([]string, error) { return load.Paths(load.System, e.get).Dirs, nil }},
	{name: "systemd-search-user-unit", list: environment.searchUserUnits},
	{name: "systemd-system-generator", fixed: "/lib/systemd/system-generators"},
	{name: "systemd-user-generator", fixed: "/usr/lib/systemd/user-generators"},
	{name: "systemd-search-system-generator", list: func(e environment) ([]string, error) { return e.generators("system", "/lib"), nil }},
	{name: "systemd-search-user-generator", list: func(e environment) ([]string, error) { return e.generators("user", "/usr/lib"), nil }},
	{name: "systemd-sleep", fixed: "/lib/systemd/system-sleep"},
	{name: "systemd-shutdown", fixed: "/lib/systemd/system-shutdown"},
	{name: "tmpfiles", fixed: "/usr/lib/tmpfiles.d"},
	{name: "sysusers", fixed: "/usr/lib/sysusers.d"},
	{name: "sysctl", fixed: "/usr/lib/sysctl.d"},
	{name: "binfmt", fixed: "/usr/lib/binfmt.d"},
	{name: "modules-load", fixed: "/usr/lib/modules-load.d"},
	{name: "catalog", fixed: "/usr/lib/systemd/catalog"},
	{name: "systemd-search-network", fixed: "/etc/systemd/network:/run/systemd/network:/usr/local/lib/systemd/network:" +
		"/usr/lib/systemd/network:/lib/systemd/network"},
}
