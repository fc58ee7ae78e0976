// The functions' own log lines go straight to stdout, as Lambda expects them; between test results they are noise.
// A worker runs this before each of its files and must wrap stdout once.
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
