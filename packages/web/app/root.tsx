import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { usePerson } from "#web/features/account/browser-session.ts";
import { lastSeen } from "#web/features/library/last-seen.ts";
import { keptExport } from "#web/features/settings/kept-export.ts";
import { uploadQueue } from "#web/features/upload/browser-queue.ts";
import { ToastRegion } from "#web/ui/toast-region.tsx";
import { queryClient } from "./query-client.ts";

/** Goes to the sign-in, or away from it, when the session begins or ends, in another tab too. */
export function Root() {
	const router = useRouter();
	const sub = usePerson()?.sub;
	const former = useRef(sub);
	useEffect(() => {
		const isOther = sub !== former.current;
		former.current = sub;
		if (!sub || isOther) forgetPerson();
		if (sub) void uploadQueue.restore();
		if (isOther) void router.invalidate();
	}, [router, sub]);
	return (
		<>
			<Outlet />
			<ToastRegion />
		</>
	);
}

/** Nobody may see what the person before had loaded. */
function forgetPerson(): void {
	queryClient.clear();
	uploadQueue.leave();
	lastSeen.forget();
	keptExport.forget();
	navigator.serviceWorker?.controller?.postMessage("forget");
}
