// Package sdk is the library for daemons: it tells the service manager how the daemon is (Ready, Status, Reloading,
// Watchdog, …), takes the sockets the manager opened for it (Listeners, ListenFDs), and leaves descriptors with the
// manager over a restart (Store). It speaks sd_notify(3) and sd_listen_fds(3), so it serves under steward, systemd and
// every other manager that speaks them; where no manager asked to be told, telling it does nothing.
//
// It is the one Go interface this project promises to keep. It must not know the manager's other packages but the
// text of notifications, and it starts no goroutine.
//
// A daemon that can be restarted, reloaded and supervised:
//
//	listeners, err := sdk.Listeners()
//	…
//	sdk.Ready()
//	for range hangups {
//		sdk.Reloading()
//		…
//		sdk.Ready()
//	}
//	sdk.Stopping()
package sdk
