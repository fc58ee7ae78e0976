// Runs LangGraph alone for the number of turns in the first argument. make bench-chat bundles this.
import { randomUUID } from "node:crypto";
import { z } from "zod";

const [, , turns] = process.argv;

// The api loads zod before its first turn.
z.object({ message: z.string() }).parse({ message: "" });
if (Number(turns) > 0) {
	const { takeTurn } = await import("./bare-turn.ts");
	for (let taken = 0; taken < Number(turns); taken++) {
		await takeTurn(randomUUID());
	}
}
