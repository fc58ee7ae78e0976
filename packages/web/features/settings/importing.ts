import { useSyncExternalStore } from "react";
import type { ImportSummary } from "#archive/import.ts";
import { queryClient } from "#web/app/query-client.ts";
import { session } from "#web/features/account/browser-session.ts";

/** The import of this window, which goes on while the person looks at other pages. */
export type Importing =
	| { step: "idle" | "stopped" }
	| { step: "running"; done: number; total: number | null }
	| { step: "done"; summary: ImportSummary }
	| { step: "failed"; error: Error };

/** The service works off pending pictures meanwhile. */
const maxWaitSeconds = 3_600;

let now: Importing = { step: "idle" };
let run: AbortController | undefined;
const listeners = new Set<() => void>();

function show(importing: Importing): void {
	now = importing;
	for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};

export const useImporting = (): Importing => useSyncExternalStore(subscribe, () => now);

/** Verifies and imports the files of an archive. Repeated, it goes on with what is not in yet. */
export async function startImport(files: readonly File[]): Promise<void> {
	const abort = new AbortController();
	run = abort;
	const { signal } = abort;
	const person = session.person?.sub;
	// An archive goes into the account of whoever chose it, or nowhere.
	const unsubscribe = session.subscribe(() => {
		if (session.person?.sub === person) return;
		abort.abort();
		show({ step: "idle" });
	});
	show({ step: "running", done: 0, total: null });
	try {
		const [{ importArchive }, { openArchive }, { newClient }] = await Promise.all([
			import("#archive/import.ts"),
			import("#archive/read.ts"),
			import("#web/app/client.ts"),
		]);
		const archive = await openArchive(files, files.length === 1 ? String(files[0]?.name) : "The archive");
		signal.throwIfAborted();
		const total = archive.manifest.counts.items;
		let done = 0;
		const onItem = () => {
			done++;
			if (!signal.aborted) show({ step: "running", done, total });
		};
		show({ step: "running", done, total });
		const summary = await importArchive(newClient({ maxWaitSeconds, signal }), archive, { signal, onItem });
		show({ step: "done", summary });
	} catch (error) {
		if (signal.aborted) return;
		const { asApiError } = await import("#web/app/client.ts");
		show({ step: "failed", error: asApiError(error) });
	} finally {
		unsubscribe();
		await queryClient.invalidateQueries();
	}
}

/** Ends the import at its next step; what is in stays. */
export function stopImport(): void {
	run?.abort();
	show({ step: "stopped" });
}
