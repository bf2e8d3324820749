package dbus

// Names of the bus itself and of the interfaces every object has.
const (
	BusName             = "org.freedesktop.DBus"
	BusPath             = "/org/freedesktop/DBus"
	BusInterface        = "org.freedesktop.DBus"
	PropertiesInterface = "org.freedesktop.DBus.Properties"
	IntrospectInterface = "org.freedesktop.DBus.Introspectable"
	PeerInterface       = "org.freedesktop.DBus.Peer"
	ManagerInterface    = "org.freedesktop.DBus.ObjectManager"
)

// Names of errors that any peer may send, D-Bus Specification and sd-bus-errors(3).
const (
	ErrorFailed                  = "org.freedesktop.DBus.Error.Failed"
	ErrorNoMemory                = "org.freedesktop.DBus.Error.NoMemory"
	ErrorServiceUnknown          = "org.freedesktop.DBus.Error.ServiceUnknown"
	ErrorNameHasNoOwner          = "org.freedesktop.DBus.Error.NameHasNoOwner"
	ErrorNoReply                 = "org.freedesktop.DBus.Error.NoReply"
	ErrorIOError                 = "org.freedesktop.DBus.Error.IOError"
	ErrorBadAddress              = "org.freedesktop.DBus.Error.BadAddress"
	ErrorNotSupported            = "org.freedesktop.DBus.Error.NotSupported"
	ErrorLimitsExceeded          = "org.freedesktop.DBus.Error.LimitsExceeded"
	ErrorAccessDenied            = "org.freedesktop.DBus.Error.AccessDenied"
	ErrorAuthFailed              = "org.freedesktop.DBus.Error.AuthFailed"
	ErrorNoServer                = "org.freedesktop.DBus.Error.NoServer"
	ErrorTimeout                 = "org.freedesktop.DBus.Error.Timeout"
	ErrorNoNetwork               = "org.freedesktop.DBus.Error.NoNetwork"
	ErrorAddressInUse            = "org.freedesktop.DBus.Error.AddressInUse"
	ErrorDisconnected            = "org.freedesktop.DBus.Error.Disconnected"
	ErrorInvalidArgs             = "org.freedesktop.DBus.Error.InvalidArgs"
	ErrorFileNotFound            = "org.freedesktop.DBus.Error.FileNotFound"
	ErrorFileExists              = "org.freedesktop.DBus.Error.FileExists"
	ErrorUnknownMethod           = "org.freedesktop.DBus.Error.UnknownMethod"
	ErrorUnknownObject           = "org.freedesktop.DBus.Error.UnknownObject"
	ErrorUnknownInterface        = "org.freedesktop.DBus.Error.UnknownInterface"
	ErrorUnknownProperty         = "org.freedesktop.DBus.Error.UnknownProperty"
	ErrorPropertyReadOnly        = "org.freedesktop.DBus.Error.PropertyReadOnly"
	ErrorUnixProcessIDUnknown    = "org.freedesktop.DBus.Error.UnixProcessIdUnknown"
	ErrorInvalidSignature        = "org.freedesktop.DBus.Error.InvalidSignature"
	ErrorInconsistentMessage     = "org.freedesktop.DBus.Error.InconsistentMessage"
	ErrorMatchRuleNotFound       = "org.freedesktop.DBus.Error.MatchRuleNotFound"
	ErrorMatchRuleInvalid        = "org.freedesktop.DBus.Error.MatchRuleInvalid"
	ErrorInteractiveAuthRequired = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
)
