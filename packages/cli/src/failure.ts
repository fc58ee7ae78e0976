import { ApiProblem, SignInRefused } from "../../client/index.ts";

/** The exit codes that programs may rely on; the README lists them. */
export const exitCodes = {
	done: 0,
	failed: 1,
	usage: 2,
	signedOut: 3,
	/** Some files were refused; the others are done. */
	partly: 4,
	/** The service, or the way to it, does not answer: worth another try. */
	unavailable: 5,
	interrupted: 130,
} as const;

/** A failure with one sentence for the person and an exit code for programs. */
export class Failure extends Error {
	readonly exitCode: number;

	constructor(message: string, exitCode: number = exitCodes.failed) {
		super(message);
		this.exitCode = exitCode;
	}
}

/** Turns any error into a sentence and an exit code. */
export function failureOf(error: unknown): Failure {
	if (error instanceof Failure) return error;
	if (error instanceof SignInRefused) {
		return new Failure(`${error.message} Run collections login again.`, exitCodes.signedOut);
	}
	if (error instanceof ApiProblem) {
		if (error.status === 401)
			return new Failure("The session has ended: run collections login again.", exitCodes.signedOut);
		return new Failure(error.message, [429, 503].includes(error.status) ? exitCodes.unavailable : exitCodes.failed);
	}
	const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as { code?: string }).code;
	if (cause && /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR)/.test(cause)) {
		return new Failure(
			`The service does not answer (${cause}): is the address right, and this machine online?`,
			exitCodes.unavailable,
		);
	}
	return (
		ofFileSystem(error as NodeJS.ErrnoException) ?? new Failure(error instanceof Error ? error.message : String(error))
	);
}

/** Says of an error of the file system what to do; null of others. */
function ofFileSystem({ code = "", path, syscall }: NodeJS.ErrnoException): Failure | null {
	if (["ENOSPC", "EDQUOT"].includes(code)) {
		return new Failure("The disk is full: free some space and run the same command again.");
	}
	if (code === "EFBIG") {
		return new Failure(
			"A file would become larger than this disk, or the limit of this shell, allows: give another place, or raise ulimit -f.",
		);
	}
	if (!["EACCES", "EPERM", "EROFS"].includes(code)) return null;
	return new Failure(
		`You may not use ${path ?? "a file"} (${syscall}: ${code}): ask its owner for it, or give another place.`,
	);
}
