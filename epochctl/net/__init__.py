"""DNS and HTTPS as a client of the service uses them: queries to name servers, requests to one address."""
