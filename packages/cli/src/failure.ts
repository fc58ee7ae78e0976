import { ApiProblem, SignInRefused, StreamCut, TimedOut } from "../../client/index.ts";

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
		return isPassing(error.code)
			? new Failure(`${sentence(error.message)} Try again later.`, exitCodes.unavailable)
			: new Failure(`${sentence(error.message)} Run collections login again.`, exitCodes.signedOut);
	}
	if (error instanceof ApiProblem) {
		if (error.status === 401)
			return new Failure("The session has ended: run collections login again.", exitCodes.signedOut);
		return new Failure(error.message, isPassing(`${error.status}`) ? exitCodes.unavailable : exitCodes.failed);
	}
	if (error instanceof TimedOut || error instanceof StreamCut) {
		return new Failure(`${sentence(error.message)} Try again later.`, exitCodes.unavailable);
	}
	return (
		ofNetwork(error as Error) ??
		ofFileSystem(error as NodeJS.ErrnoException) ??
		new Failure(error instanceof Error ? error.message : String(error))
	);
}

/** Cognito's sentences have a full stop, or none. */
const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** Tells by a status, or by Cognito's name of an error, that the service has too much to do, or is away. */
const isPassing = (code: string) =>
	["429", "502", "503", "504", "TooManyRequestsException", "InternalErrorException"].includes(code);

/** Says of an error of the network what to look at; null of others. */
function ofNetwork(error: Error): Failure | null {
	const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
	const isNetwork =
		/^(ECONN|EHOST|ENET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR)/.test(code ?? "") ||
		error.message === "fetch failed" ||
		error.name === "TimeoutError";
	return isNetwork
		? new Failure(
				`The service does not answer (${code && typeof code === "string" ? code : message}): is the address right, and this machine online?`,
				exitCodes.unavailable,
			)
		: null;
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
