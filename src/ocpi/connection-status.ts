// The states of a connection (OCPI 2.2.1 HubClientInfo, ConnectionStatus; R85), from the best to the worst.

export const CONNECTION_STATUSES = ['CONNECTED', 'OFFLINE', 'PLANNED', 'SUSPENDED'] as const

export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number]
