import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { ItemFilter, SearchRequest } from "../../client/index.ts";
import manifest from "../package.json" with { type: "json" };
import { chat } from "./commands/chat.ts";
import { completion, shells } from "./commands/completion.ts";
import { ask, list, open, search, tag } from "./commands/find.ts";
import { login, logout } from "./commands/login.ts";
import { doctor, usage } from "./commands/state.ts";
import { uploadCommand } from "./commands/upload.ts";
import { exitCodes, Failure, failureOf } from "./failure.ts";
import { Output, type OutputOptions, plain } from "./output.ts";
import { connect } from "./session-file.ts";

/** An error of usage may come before the option is parsed. */
const wantsJson = process.argv.includes("--json");

const program = new Command("collections")
	.version(manifest.version)
	.option("--json", "print results as JSON")
	.option("--quiet", "print nothing but failures")
	.configureHelp({ showGlobalOptions: true })
	.showHelpAfterError("collections --help shows what there is.")
	.configureOutput({ writeErr: (text) => wantsJson || process.stderr.write(text) })
	.helpCommand(false)
	.exitOverride();

const output = () => new Output(program.opts<OutputOptions>());
const several = (value: string, before: string[] = []) => [...before, value];
const count =
	(max = Number.MAX_SAFE_INTEGER) =>
	(value: string) => {
		const number = Number(value);
		if (Number.isInteger(number) && number >= 1 && number <= max) return number;
		const to = max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : "";
		throw new InvalidArgumentError(`A whole number from 1${to} is needed.`);
	};
const top = () => new Option("-n, --top <number>", "how many, 50 at most").argParser(count(50)).default(10);
/** The predecessor's names, as `hybrid-lc`, are for its clients. */
type SearchType = Exclude<NonNullable<SearchRequest["search_type"]>, `${string}-lc`>;
const searchTypes: Record<SearchType, true> = {
	bm25: true,
	vector: true,
	hybrid: true,
	agentic: true,
};
const type = () => new Option("--type <type>", "the kind of search").choices(Object.keys(searchTypes));
const statuses: Record<NonNullable<ItemFilter["status"]>, true> = {
	pending: true,
	uploaded: true,
	processed: true,
	analyzed: true,
	deferred: true,
	ready: true,
	failed: true,
	trashed: true,
};

/** Adds a command. Options for all commands may stand before or after its name. */
function command(name: string, description: string): Command {
	const added = program.command(name).description(description).exitOverride();
	for (const option of ["--json", "--quiet"]) {
		added.addOption(new Option(option).hideHelp());
		added.on(`option:${option.slice(2)}`, () => program.setOptionValue(option.slice(2), true));
	}
	return added;
}

command("login", "sign in, and keep the session")
	.option("--email <address>")
	.option("--outputs <file>", "an environment's outputs file, which names it")
	.option("--api <url>", "the API's address")
	.option("--stream <url>", "the address of streamed answers")
	.option("--client-id <id>", "the app client in the user pool")
	.option("--cognito <url>", "the user pool's address, or its region")
	.action((options) => login(output(), options));
command("logout", "sign out, and revoke the session").action(() => logout(output()));
command("upload", "upload pictures and folders, or go on with it")
	.argument("<path...>")
	.option("-r, --recursive", "with the folders below")
	.option("--watch", "go on with what appears in the folders, until Ctrl-C")
	.option("--album <name>", "put them into an album, which is made where there is none")
	.option("--tag <tag>", "give them a tag; repeatable", several)
	.option("--dry-run", "list what is not sent yet")
	.option("--delete-after", "delete each file here once it is stored")
	.action((paths, options) => uploadCommand(output(), paths, options));
command("import-from", "take over pictures of another product")
	.argument("<product>", "karakeep, immich, takeout or screenshots")
	.argument("<place...>", "its export, packed or as a folder, or the address of an Immich server")
	.option("--key <key>", "an API key of Immich, else IMMICH_API_KEY")
	.option("--dry-run", "tell what would be carried, and what not")
	.action(async (product, places, options) =>
		(await import("./commands/import-from.ts")).importFrom(output(), product, places, options),
	);
command("list", "list items, the newest first")
	.option("-n, --limit <number>", "how many", count(), 20)
	.option("--tag <tag>", "with this tag; repeatable", several)
	.option("--category <name>")
	.option("--favorite", "favourites alone")
	.addOption(new Option("--status <status>", "in this state").choices(Object.keys(statuses)))
	.action((options) => list(output(), options));
command("search", "find items by words and by meaning")
	.argument("<words...>")
	.addOption(top())
	.addOption(type())
	.option("--category <name>")
	.action((words, options) => search(output(), words, options));
command("ask", "answer a question from what is in the pictures")
	.argument("<words...>")
	.addOption(top())
	.addOption(type())
	.option("--category <name>")
	.action((words, options) => ask(output(), words, options));
command("chat", "talk with the collection, line by line")
	.argument("[words...]", "one message; else each line that is typed or piped")
	.option("--session <id>", "go on with a conversation")
	.action((words, options) => chat(output(), words, options));
command("open", "open an item's picture")
	.argument("<id>")
	.option("--print", "print its address, which is good for an hour")
	.action((id, options) => open(output(), id, options));
command("tag", "give items tags, or take them off")
	.argument("<tag...>")
	.option("--item <id>", "an item; repeatable", several, [])
	.option("--remove", "take them off")
	.action((tags, { item, ...options }) => tag(output(), tags, item, options));
command("export", "export everything into one verified file, or go on with it")
	.argument("[place]", "a folder, or the name of the file", ".")
	.action(async (place) => (await import("./commands/export.ts")).exportCommand(output(), place));
command("verify", "compare an archive with its manifest, offline")
	.argument("<archive>", "the file, or a folder with manifest.json and the parts")
	.action(async (archive) => (await import("./commands/export.ts")).verifyCommand(output(), archive));
command("import", "import an archive, or go on with it")
	.argument("<archive>", "the file, or a folder with manifest.json and the parts")
	.action(async (archive) => (await import("./commands/import.ts")).importCommand(output(), archive));
command("usage", "show what was used").action(() => usage(output()));
command("doctor", "check the way from here to your items").action(() => doctor(output()));
command("mcp", "serve your items to an agent (MCP over stdio)").action(async () => {
	// Its packages are loaded by this command alone.
	const { serveStdio } = await import("../../mcp/src/stdio.ts");
	await serveStdio(connect());
});
command("completion", 'complete in a shell: eval "$(collections completion bash)"')
	.addArgument(new Argument("<shell>").choices(shells))
	.action((shell) => void process.stdout.write(`${completion(program, shell)}\n`));

/** Fits one screen of 24 lines: `collections COMMAND --help` has the rest. */
program.helpInformation = () => {
	const width = Math.max(...program.commands.map((each) => each.name().length));
	return [
		"Usage: collections <command> [options]",
		"",
		...program.commands.map((each) => `  ${each.name().padEnd(width)}  ${each.description()}`),
		"",
		"collections COMMAND --help tells its options. All take --json, which prints the",
		"result as JSON, and --quiet, which prints nothing but failures.",
		"",
	].join("\n");
};

function usageFailure({ code, message }: CommanderError): Failure {
	const isCommandMissing = code === "commander.help";
	return new Failure(isCommandMissing ? "Which command?" : message.replace(/^error: /, ""), exitCodes.usage);
}

function tell({ message, exitCode }: Failure, isJson = false): void {
	process.stderr.write(`${isJson ? JSON.stringify({ error: message, exit_code: exitCode }) : plain(message)}\n`);
}

// A reader that has enough, as head, closes the pipe.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
	await program.parseAsync();
} catch (error) {
	if (error instanceof CommanderError) {
		process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
		// Commander has said it to a person.
		if (error.exitCode !== 0 && wantsJson) tell(usageFailure(error), wantsJson);
	} else {
		const failure = failureOf(error);
		process.exitCode = failure.exitCode;
		tell(failure, program.opts<OutputOptions>().json);
	}
}
