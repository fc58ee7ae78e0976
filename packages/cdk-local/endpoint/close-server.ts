import { once } from "node:events";
import type { Server } from "node:http";

/** Closes a server at once, with the connections that it holds. */
export async function closeServer(server: Server): Promise<void> {
	server.close();
	server.closeAllConnections();
	await once(server, "close");
}
