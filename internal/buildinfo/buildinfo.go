// Package buildinfo says which build of Portolan is running, from what the Go toolchain recorded in it.
package buildinfo

import "runtime/debug"

// Version returns the module's version, or the revision it was built from, or "devel".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	return version(info)
}

func version(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	const short = 12
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= short {
			return s.Value[:short]
		}
	}
	return "devel"
}

// GoVersion returns the Go release that compiled the binary.
func GoVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.GoVersion
}
