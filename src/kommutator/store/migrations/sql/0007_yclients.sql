-- YClients: installations of our application, one-time ways in.
SELECT 1;
