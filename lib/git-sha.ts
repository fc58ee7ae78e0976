import { execFileSync } from "node:child_process";
import { join } from "node:path";

/**
 * Returns the last commit that touched one of the files, 12 digits of it; of all files where none is given. `unknown`
 * outside a repository. In a shallow clone, which lacks earlier commits, its oldest commit counts as touching every file.
 */
export function gitSha(files: readonly string[] = []): string {
	try {
		return execFileSync("git", ["log", "-1", "--format=%h", "--abbrev=12", "--", ...files], {
			cwd: join(import.meta.dirname, ".."),
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		}).trim();
	} catch {
		return "unknown";
	}
}
