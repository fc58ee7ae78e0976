import { execFileSync } from "node:child_process";

/** Returns the commit of the working tree, 12 digits of it; `unknown` outside a repository. */
export function gitSha(): string {
	try {
		return execFileSync("git", ["rev-parse", "--short=12", "HEAD"], {
			cwd: import.meta.dirname,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		}).trim();
	} catch {
		return "unknown";
	}
}
