package sandbox

// The two ways of Spawn, for the tests that compare them.
var (
	SpawnClone    = Spawn
	SpawnExecutor = spawnExecutor
	Encode        = encode
	Decode        = decode
)
