package sandbox

// The two ways of Spawn, for the tests that compare them.
var (
	SpawnVfork    = spawnVfork
	SpawnExecutor = spawnExecutor
	Encode        = encode
	Decode        = decode
)
