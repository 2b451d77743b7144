"""The domain and the ports that the serverless front and the workers share."""
