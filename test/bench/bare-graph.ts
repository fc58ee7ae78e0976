// Bundled and run by make bench-chat: what LangGraph costs a process by itself, for as many turns as it is told.
import { randomUUID } from "node:crypto";
import { z } from "zod";

const [, , turns] = process.argv;

// The api has zod by then.
z.object({ message: z.string() }).parse({ message: "" });
if (Number(turns) > 0) {
	const { takeTurn } = await import("./bare-turn.ts");
	for (let taken = 0; taken < Number(turns); taken++) {
		await takeTurn(randomUUID());
	}
}
