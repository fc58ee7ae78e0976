// Hides the functions' log lines, which go straight to stdout and are noise between test results.
// A worker runs this before each of its files, but must wrap stdout only once.
const quiet = Symbol.for("quiet-log");
const { stdout } = process as {
	stdout: { [quiet]?: true } & NodeJS.WriteStream;
};
if (!stdout[quiet]) {
	stdout[quiet] = true;
	const write = stdout.write.bind(stdout);
	stdout.write = ((chunk: string | Uint8Array, ...rest: []) =>
		String(chunk).startsWith('{"timestamp":') ? true : write(chunk, ...rest)) as typeof stdout.write;
}
