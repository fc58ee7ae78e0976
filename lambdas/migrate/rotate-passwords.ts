import { randomBytes } from "node:crypto";
import type { DatabaseAddress, DatabaseCredentials } from "#postgres/database.ts";
import { otherLogin, setPassword, waitForOtherRotations } from "#postgres/roles.ts";
import { withClient } from "./connect.ts";

/** Holds the login of one role. */
export interface LoginSecret {
	read(): Promise<DatabaseCredentials>;
	write(login: DatabaseCredentials): Promise<void>;
}

export interface Rotated {
	/** The logins that the secrets name now. */
	rotated: string[];
}

/**
 * Makes each secret name the other login of its role, with a new password. The login that it named keeps its password
 * until the next rotation, so functions that hold it connect all the while. A secret changes last, once its login is
 * proven: a rotation that died is repeated as if it had never begun.
 */
export async function rotatePasswords({
	address,
	master,
	secrets,
}: {
	address: DatabaseAddress;
	master: DatabaseCredentials;
	secrets: LoginSecret[];
}): Promise<Rotated> {
	return withClient(address, master, async (client) => {
		await waitForOtherRotations(client);
		const rotated: string[] = [];
		for (const secret of secrets) {
			const { username } = await secret.read();
			const next = { username: otherLogin(username), password: randomBytes(30).toString("hex").slice(0, 40) };
			await setPassword(client, next);
			await withClient(address, next, (proof) => proof.query("select 1"));
			await secret.write(next);
			rotated.push(next.username);
		}
		return { rotated };
	});
}
