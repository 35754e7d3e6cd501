"""YClients (Altegio): a salon's book, its marketplace, its telephony."""
