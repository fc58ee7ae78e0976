import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, IconButton } from "./button.tsx";
import { classes } from "./classes.ts";
import styles from "./dialog.module.css";

interface DialogProps {
	title: string;
	isOpen: boolean;
	onClose(): void;
	children: ReactNode;
	/** Shown at the bottom, at the right. */
	actions?: ReactNode;
	role?: "dialog" | "alertdialog";
	/** Has room for things side by side. */
	isWide?: boolean;
}

/** A window over the page that takes the focus until it is closed. */
export function Dialog({ title, isOpen, onClose, children, actions, role, isWide }: DialogProps) {
	const { t } = useLanguage();
	return (
		<ModalOverlay
			className={styles.overlay}
			isOpen={isOpen}
			onOpenChange={(open) => open || onClose()}
			isDismissable={role !== "alertdialog"}
		>
			<Modal className={classes(styles.modal, isWide && styles.wide)}>
				<AriaDialog className={styles.dialog} role={role}>
					<header className={styles.head}>
						<Heading slot="title" className={styles.title}>
							{title}
						</Heading>
						<IconButton icon="close" label={t("action.close")} onPress={onClose} />
					</header>
					<div className={styles.body}>{children}</div>
					{actions && <footer className={styles.actions}>{actions}</footer>}
				</AriaDialog>
			</Modal>
		</ModalOverlay>
	);
}

interface ConfirmProps {
	title: string;
	isOpen: boolean;
	/** The verb of the deed: `Delete`. */
	action: string;
	isPending?: boolean;
	onConfirm(): void;
	onClose(): void;
	children: ReactNode;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, isOpen, action, isPending, onConfirm, onClose, children }: ConfirmProps) {
	const { t } = useLanguage();
	return (
		<Dialog
			title={title}
			isOpen={isOpen}
			onClose={onClose}
			role="alertdialog"
			actions={
				<>
					<Button onPress={onClose}>{t("action.cancel")}</Button>
					<Button look="danger" onPress={onConfirm} isPending={isPending} autoFocus>
						{action}
					</Button>
				</>
			}
		>
			{children}
		</Dialog>
	);
}
