metadata description = 'PostgreSQL flexible server: only Entra identities sign in. The database itself and its logins are made after provisioning.'

@minLength(1)
@description('Where the server is.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Name of the server.')
param serverName string

@allowed([
  '16'
  '17'
  '18'
])
@description('Major version of PostgreSQL.')
param version string

@minLength(1)
@description('Compute size, such as Standard_D2ds_v5.')
param skuName string

@allowed([
  'Burstable'
  'GeneralPurpose'
  'MemoryOptimized'
])
@description('Class of the compute size.')
param skuTier string

@minValue(32)
@maxValue(32767)
@description('Size of the disk in gigabytes; it grows by itself when it fills.')
param storageGb int

@description('Whether a standby in another zone takes over when a zone fails.')
param highAvailability bool

@minValue(7)
@maxValue(35)
@description('How many days back the database can be restored to any second.')
param backupRetentionDays int

@description('Whether backups are also kept in the paired region; only decided as the server is made.')
param geoRedundantBackup bool

@description('Whether the server answers only inside the private network, and to operatorAddresses.')
param privateNetworking bool

@maxLength(20)
@description('Address ranges (start, end) from which operators reach the server.')
param operatorAddresses array

@minLength(1)
@maxLength(5)
@description('Who administers the server: name, object id and kind of principal. Neither the front nor the workers.')
param administrators array

var isPublic = !privateNetworking || !empty(operatorAddresses)

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: serverName
  location: location
  tags: tags
  sku: {
    name: skuName
    tier: skuTier
  }
  properties: {
    version: version
    createMode: 'Default'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      // There is no password, not even an administrator's.
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: {
      storageSizeGB: storageGb
      autoGrow: 'Enabled'
    }
    backup: {
      backupRetentionDays: backupRetentionDays
      geoRedundantBackup: geoRedundantBackup ? 'Enabled' : 'Disabled'
    }
    highAvailability: {
      mode: highAvailability ? 'ZoneRedundant' : 'Disabled'
    }
    network: {
      publicNetworkAccess: isPublic ? 'Enabled' : 'Disabled'
    }
    maintenanceWindow: {
      customWindow: 'Enabled'
      dayOfWeek: 0
      startHour: 2
      startMinute: 0
    }
  }
}

// The server takes one change at a time, and refuses identities while it is busy with another. So everything stands in one
// line: server, firewall, settings, administrators.

// Front and workers have no address of their own outside the private network. This lets in connections from inside Azure;
// whoever connects still needs a token of an identity that has a login here.
resource fromAzure 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = if (!privateNetworking) {
  parent: server
  name: 'inside-azure'
  properties: {
    startIpAddress: '0.0.0.0'
    endIpAddress: '0.0.0.0'
  }
}

@batchSize(1)
resource fromOperators 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = [
  for (range, index) in operatorAddresses: {
    parent: server
    name: 'operators-${index}'
    properties: {
      startIpAddress: range.start
      endIpAddress: range.end
    }
    dependsOn: [
      fromAzure
    ]
  }
]

var settings = [
  {
    name: 'require_secure_transport'
    value: 'on'
  }
  {
    name: 'ssl_min_protocol_version'
    value: 'TLSv1.2'
  }
  {
    // The product needs no extension; this one tells operators which statements cost most.
    name: 'azure.extensions'
    value: 'PG_STAT_STATEMENTS'
  }
  {
    name: 'pg_stat_statements.track'
    value: 'top'
  }
  {
    name: 'log_checkpoints'
    value: 'on'
  }
  {
    name: 'log_lock_waits'
    value: 'on'
  }
  {
    // Milliseconds. Whoever holds a transaction open that long has died or hangs.
    name: 'idle_in_transaction_session_timeout'
    value: '600000'
  }
]

@batchSize(1)
resource configuration 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = [
  for setting in settings: {
    parent: server
    name: setting.name
    properties: {
      value: setting.value
      source: 'user-override'
    }
    dependsOn: [
      fromAzure
      fromOperators
    ]
  }
]

@batchSize(1)
resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = [
  for principal in administrators: {
    parent: server
    name: principal.objectId
    properties: {
      principalName: principal.name
      principalType: principal.type
      tenantId: tenant().tenantId
    }
    dependsOn: [
      configuration
    ]
  }
]

@description('Name of the server.')
output serverName string = server.name

@description('Id of the server.')
output serverId string = server.id

@description('Host name of the server.')
output host string = server.properties.fullyQualifiedDomainName

@description('Whether the server can be reached from outside the private network.')
output isPublic bool = isPublic
