import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "#web/app/api.ts";
import { session } from "#web/features/account/browser-session.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Field } from "#web/ui/field.tsx";
import { Banner } from "#web/ui/notice.tsx";

/** Deletes the account with everything in it, once the person has typed their address. */
export function DeleteAccount({ email }: { email: string }) {
	const { t } = useLanguage();
	const [isOpen, setOpen] = useState(false);
	const [typed, setTyped] = useState("");
	const remove = useMutation({
		mutationFn: () => api().DELETE("/account", { body: { confirm: "delete my account" } }),
		onSuccess: () => session.end(),
	});
	return (
		<>
			<Button look="danger" onPress={() => setOpen(true)}>
				{t("settings.deleteAccount")}
			</Button>
			<Dialog
				title={t("settings.deleteAccount.title")}
				isOpen={isOpen}
				onClose={() => setOpen(false)}
				role="alertdialog"
				actions={
					<>
						<Button onPress={() => setOpen(false)}>{t("action.cancel")}</Button>
						<Button
							look="danger"
							isDisabled={typed.trim().toLowerCase() !== email.toLowerCase()}
							isPending={remove.isPending}
							onPress={() => remove.mutate()}
						>
							{t("settings.deleteAccount")}
						</Button>
					</>
				}
			>
				<p>{t("settings.deleteAccount.text")}</p>
				{remove.error && <Banner tone="danger">{remove.error.message}</Banner>}
				<Field
					label={t("settings.deleteAccount.type", { email })}
					value={typed}
					onChange={setTyped}
					autoComplete="off"
					autoFocus
				/>
			</Dialog>
		</>
	);
}
